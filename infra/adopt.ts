/**
 * What an earlier stack left behind under this stage's names, and this deploy takes over instead of making
 * it: LEO_ADOPT says what, docs/migrate-from-cdk.md says when. Pulumi reads what is there, keeps it, and
 * changes its settings to the stage's. Everything is looked up before anything is registered.
 */
import { type Adoptable, adoptableNames } from "./adoptable.ts";
import { globalNames, stage } from "./context.ts";
import { DEFAULT_REGION, globalNamesFor } from "./names.ts";

/** A name, and how to find the id by which the provider imports what has it. */
interface Lookup {
  name: string;
  importId: () => Promise<string>;
}

const { accountId } = await aws.getCallerIdentity({});
const bucket = globalNames.bucket(accountId);
/** Earlier stacks named it so in every Region. */
const earlierBucket = globalNamesFor(stage.name, DEFAULT_REGION).bucket(accountId);

const findBucket = async (): Promise<string> => {
  const found = await aws.s3.getBucket({ bucket: earlierBucket });
  if (found.region === stage.region) return found.bucket;
  throw new Error(`it is in ${found.region}, and the stage in ${stage.region}`);
};

const adoptable = adoptableNames(stage.name);
const LOOKUPS: Record<Adoptable, Lookup[]> = {
  bucket: [{ name: earlierBucket, importId: findBucket }],
  // The ARN ends in six characters of AWS's own.
  secrets: adoptable.secrets.map((name) => ({
    name,
    importId: async () => (await aws.secretsmanager.getSecret({ name })).arn,
  })),
  repositories: adoptable.repositories.map((name) => ({
    name,
    importId: async () => (await aws.ecr.getRepository({ name })).name,
  })),
  logs: adoptable.logs.map((name) => ({
    name,
    importId: async () => (await aws.cloudwatch.getLogGroup({ name })).name,
  })),
};

interface Found {
  name: string;
  importId?: string;
  problem?: string;
}

const find = async (kind: Adoptable, { name, importId }: Lookup): Promise<Found> => {
  try {
    return { name, importId: await importId() };
  } catch (error) {
    return {
      name,
      problem: `LEO_ADOPT names ${kind}, but ${name} cannot be read: ${(error as Error).message}`,
    };
  }
};

const found = await Promise.all(
  stage.adopt.flatMap((kind) => LOOKUPS[kind].map(async (lookup) => find(kind, lookup))),
);
const problems = found.flatMap(({ problem }) => problem ?? []);
if (problems.length > 0) {
  // SST prints the message of an error of this name, and the stack of any other.
  throw Object.assign(new Error(problems.join("\n")), { name: "VisibleError" });
}

const importIds = new Map(found.map(({ name, importId }) => [name, importId]));

/** Resource options that take over what has this physical name, where LEO_ADOPT says so. */
export const adopting = (name: string): { import?: string } => {
  const id = importIds.get(name);
  return id === undefined ? {} : { import: id };
};

// SST leaves the tags of what is imported alone. The stage's are what says whose it is from now on, also
// after LEO_ADOPT is gone from the settings.
$util.runtime.registerStackTransformation(({ props, opts }) => {
  const options = opts as { import?: string; ignoreChanges?: string[] };
  if (options.import === undefined || ![...importIds.values()].includes(options.import)) return undefined;
  options.ignoreChanges = options.ignoreChanges?.filter((field) => field !== "tags" && field !== "tagsAll");
  return { props, opts };
});

/** The bucket's physical name: that of an earlier stack where it is taken over. */
export const bucketName = importIds.get(earlierBucket) ?? bucket;
