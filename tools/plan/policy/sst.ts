/** What SST itself needs besides the resources: its bootstrap, its state, and its Lambda code. */
import { calls } from "./actions.ts";
import { bucketArn, regionalArn, type Place } from "./scope.ts";
import type { Grant } from "./statement.ts";

/** SST names its two buckets itself, with twelve random letters, once per account and Region. */
const RANDOM = "?".repeat(12);

const on = (resources: string[], services: Record<string, string>): Grant[] =>
  calls(services).map((action) => ({ action, resources }));

/** The first deploy in a Region makes them; later ones only read the parameter. */
const bootstrapGrants = (place: Place): Grant[] => {
  const asset = bucketArn(place, `sst-asset-${RANDOM}`);
  const state = bucketArn(place, `sst-state-${RANDOM}`);
  return [
    ...on([regionalArn(place, "ssm", "parameter/sst/bootstrap")], { ssm: "GetParameter PutParameter" }),
    // What an SST before 3.0 left behind.
    ...on([regionalArn(place, "ssm", "parameter/sst/bootstrap/asset")], { ssm: "GetParameter" }),
    ...on([asset, state], { s3: "CreateBucket PutBucketPolicy ListBucket" }),
    ...on([asset], { s3: "PutBucketNotification" }),
    ...on([state], { s3: "PutBucketVersioning" }),
    ...on([regionalArn(place, "ecr", "repository/sst-asset")], {
      ecr: "CreateRepository DescribeRepositories",
    }),
  ];
};

/** A stage's state, lock, secrets and history, and the key that its secrets are encrypted with. */
const stateGrants = (place: Place): Grant[] => {
  const { app, stage } = place;
  const objects = bucketArn(place, `sst-state-${RANDOM}/*/${app}/${stage}`);
  return [
    ...on([`${objects}.json`, `${objects}/*`], { s3: "GetObject PutObject DeleteObject" }),
    ...on([bucketArn(place, `sst-state-${RANDOM}/secret/${app}/_fallback.json`)], { s3: "GetObject" }),
    ...on(
      [stage, "_fallback"].map((name) =>
        regionalArn(place, "ssm", `parameter/sst/passphrase/${app}/${name}`),
      ),
      { ssm: "GetParameter PutParameter" },
    ),
  ];
};

/** The Lambda's code lies in SST's bucket; Lambda reads it with the caller's rights. */
const assetGrants = (place: Place): Grant[] =>
  on([bucketArn(place, `sst-asset-${RANDOM}/assets/*`)], {
    s3: "PutObject GetObject DeleteObject PutObjectTagging GetObjectTagging",
  });

/** `sst dev` connects to AppSync Events, makes its API once, and takes the orchestrator's role. */
const devGrants = (place: Place, taskRoles: string[]): Grant[] => [
  ...on(["*"], { appsync: "ListApis CreateApi" }).map((grant) => ({
    ...grant,
    reason: "AWS knows no resource for these calls, which `sst dev` makes.",
  })),
  ...on([regionalArn(place, "appsync", "apis/*")], {
    appsync: "GetApi EventConnect",
  }),
  ...on([regionalArn(place, "appsync", "apis/*/channelNamespace/sst")], {
    appsync: "CreateChannelNamespace EventPublish EventSubscribe",
  }),
  ...on(taskRoles, { sts: "AssumeRole" }),
];

/**
 * What SST needs to deploy a stage, or to run `sst dev` on it.
 * @param taskRoles ARNs of the roles that `sst dev` takes; absent for a deploy
 */
export const sstGrants = (place: Place, taskRoles?: string[]): Grant[] => [
  ...bootstrapGrants(place),
  ...stateGrants(place),
  ...(taskRoles ? devGrants(place, taskRoles) : assetGrants(place)),
];
