/** Everything that stands in the way of a deploy, read side by side and in bounded time. */
import type { Environment } from "../environment/env-files.ts";
import {
  deployWarnings,
  FARGATE_VCPU_QUOTA,
  type Problem,
  quotaProblem,
  secretProblems,
} from "./problems.ts";
import { ALL_SECRETS, type AnySecretName } from "../../infra/secret-list.ts";
import type { Stage } from "../../infra/stage.ts";
import {
  certificateProblems,
  nameProblems,
  needsZones,
  VPC_QUOTA,
  vpcProblems,
  zoneProblems,
} from "./account-problems.ts";
import { builderProblem, builderWarning, platformOf, readBuilder } from "./builder.ts";
import { credentialsProblem } from "./credentials.ts";
import { NotReadable, type Reader } from "./facts.ts";
import { groupBy } from "./group-by.ts";
import { baseRegistryProblems, imageProblems } from "./image-problems.ts";
import { namedResources } from "./named.ts";

/** Sentences that say what is wrong and what to do. */
export interface Findings {
  /** Each of these would make the deploy fail. */
  problems: string[];
  /** What a person should know, and may want. */
  warnings: string[];
}

export interface Subject {
  stage: Stage;
  /** AWS's variables and Docker's count. */
  env: Environment;
  /** `sst dev` builds no image and makes no service. */
  isDev?: boolean;
  /** By SST's names; left out when they are not known, and then not judged. */
  secrets?: Partial<Record<AnySecretName, string>>;
  reader: Reader;
}

const sentence = ({ what, advice }: Problem) => `${what}: ${advice}.`;

/** What one look found; a read that got no answer is kept for one sentence about all of them. */
interface Look extends Findings {
  unread: { subject: string; error: NotReadable }[];
}

const look = async (subject: string, find: () => Promise<Partial<Findings> | string[]>): Promise<Look> => {
  const nothing = { problems: [], warnings: [], unread: [] };
  try {
    const found = await find();
    return { ...nothing, ...(Array.isArray(found) ? { problems: found } : found) };
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error;
    return { ...nothing, unread: [{ subject, error }] };
  }
};

const unreadWarnings = (looks: Look[]): string[] => {
  const unread = looks.flatMap((one) => one.unread);
  const bySubject = groupBy(unread, ({ subject }) => subject);
  return [...bySubject].map(([subject, same]) => {
    const denied = [...new Set(same.filter(({ error }) => error.isDenied).map(({ error }) => error.action))];
    if (denied.length > 0)
      return `Not checked: ${subject}, because these credentials may not call ${denied.join(", ")}; allow it to have it checked.`;
    const [first] = same;
    return `Not checked: ${subject}, because ${first?.error.action} got no answer: ${first?.error.message}.`;
  });
};

/** Secrets that the stage will have; all of them when their values are not known. */
const secretNames = (secrets: Subject["secrets"]) => {
  const all = Object.keys(ALL_SECRETS) as AnySecretName[];
  return secrets ? all.filter((name) => secrets[name]) : all;
};

const awsLooks = ({ stage, isDev = false, secrets, reader }: Subject, account: string): Promise<Look>[] => {
  const named = namedResources(stage, account, secretNames(secrets), isDev);
  const owners = async () => {
    const settled = await Promise.allSettled(
      named.map(async (one) => ({ named: one, owner: await reader.owner(one) })),
    );
    const failed = settled.flatMap((one) => (one.status === "rejected" ? [one.reason as Error] : []));
    const unforeseen = failed.find((error) => !(error instanceof NotReadable));
    if (unforeseen) throw unforeseen;
    const owned = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    return {
      problems: nameProblems(stage, owned),
      warnings: [],
      unread: (failed as NotReadable[]).map((error) => ({ subject: "whether names are taken", error })),
    };
  };
  const vpcs = async () => {
    const [found, quota] = await Promise.all([reader.vpcs(), reader.quota(VPC_QUOTA)]);
    return vpcProblems(stage, found, quota);
  };
  const vcpus = async () => {
    const problem = quotaProblem(stage, await reader.quota(FARGATE_VCPU_QUOTA));
    return problem ? [sentence(problem)] : [];
  };
  const { certificateArn } = stage;
  return [
    look("whether names are taken", owners),
    look("the quota of VPCs", vpcs),
    ...(isDev ? [] : [look("the quota of Fargate vCPUs", vcpus)]),
    ...(!isDev && needsZones(stage)
      ? [look("the hosted zones", async () => zoneProblems(stage, await reader.zones()))]
      : []),
    ...(!isDev && certificateArn
      ? [
          look("the certificate", async () =>
            certificateProblems(stage, await reader.certificate(certificateArn)),
          ),
        ]
      : []),
  ];
};

/** The account first: without credentials nothing else can be read, and its consequences are not told. */
const lookAtAws = async (subject: Subject): Promise<Look[]> => {
  const { stage, env, reader } = subject;
  let account: string;
  try {
    account = await reader.account();
  } catch (error) {
    const problems = [sentence(credentialsProblem(error, stage.region, env))];
    return [{ problems, warnings: [], unread: [] }];
  }
  return Promise.all(awsLooks(subject, account));
};

const lookAtImages = async ({ stage, env, reader }: Subject): Promise<Look[]> => {
  const { orchestrator, generator } = stage;
  const prebuilt = [
    ["LEO_ORCHESTRATOR_IMAGE", orchestrator.image],
    ["LEO_GENERATOR_IMAGE", generator.image],
  ] as const;
  const looks = prebuilt.flatMap(([setting, reference]) =>
    reference === undefined
      ? []
      : [
          look(`the image of ${setting}`, async () =>
            imageProblems(
              { setting, reference, platform: platformOf(stage), env },
              await reader.image(reference),
            ),
          ),
        ],
  );
  if (prebuilt.every(([, reference]) => reference !== undefined)) return Promise.all(looks);
  const builder = look("the builder", async () => {
    const found = await readBuilder(env);
    const problem = builderProblem(stage, found);
    const warning = builderWarning(found);
    return { problems: problem ? [sentence(problem)] : [], warnings: warning ? [warning] : [] };
  });
  const base = look("the registry of the base images", async () =>
    baseRegistryProblems(await reader.baseRegistryProblem(), env),
  );
  return Promise.all([...looks, builder, base]);
};

/**
 * Looks at everything that can be read before a deploy creates anything.
 * @returns sentences; what could not be read is a warning
 */
export const examineStage = async (subject: Subject): Promise<Findings> => {
  const { stage, isDev = false, secrets, reader } = subject;
  try {
    const looks = (await Promise.all([lookAtAws(subject), ...(isDev ? [] : [lookAtImages(subject)])])).flat();
    return {
      problems: [
        ...(secrets ? secretProblems(stage, secrets) : []),
        ...looks.flatMap(({ problems }) => problems),
      ],
      warnings: [
        ...looks.flatMap(({ warnings }) => warnings),
        ...unreadWarnings(looks),
        ...(isDev ? [] : deployWarnings(stage)),
      ],
    };
  } finally {
    reader.close();
  }
};
