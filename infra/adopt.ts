/**
 * Resources that an earlier stack left under this stage's names, which this deploy adopts instead of creating.
 * LEO_ADOPT lists them; docs/migrate-from-cdk.md says when to use it. Pulumi reads what exists, keeps it, and
 * applies the stage's settings. Everything is looked up before anything is registered.
 */
import { type Adoptable, adoptableNames } from "./adoptable.ts";
import { globalNames, stage } from "./context.ts";
import { DEFAULT_REGION, globalNamesFor } from "./names.ts";

/** A name, and how to find the id by which the provider imports that resource. */
interface Lookup {
  name: string;
  importId: () => Promise<string>;
}

const { accountId } = await aws.getCallerIdentity({});
const bucket = globalNames.bucket(accountId);
/** Earlier stacks used this name in every Region. */
const earlierBucket = globalNamesFor(stage.name, DEFAULT_REGION).bucket(accountId);

const findBucket = async (): Promise<string> => {
  const found = await aws.s3.getBucket({ bucket: earlierBucket });
  if (found.region === stage.region) return found.bucket;
  throw new Error(`it is in ${found.region}, and the stage in ${stage.region}`);
};

const adoptable = adoptableNames(stage.name);
const LOOKUPS: Record<Adoptable, Lookup[]> = {
  bucket: [{ name: earlierBucket, importId: findBucket }],
  // The ARN ends in six characters that AWS chose.
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
  // SST prints only the message of an error with this name, and the stack of any other.
  throw Object.assign(new Error(problems.join("\n")), { name: "VisibleError" });
}

const importIds = new Map(found.map(({ name, importId }) => [name, importId]));

/** Resource options that adopt the resource with this physical name if LEO_ADOPT lists it. */
export const adopting = (name: string): { import?: string } => {
  const id = importIds.get(name);
  return id === undefined ? {} : { import: id };
};

// SST doesn't tag what it imports. The stage's tags mark whose it is from now on, even after LEO_ADOPT is
// removed from the settings.
$util.runtime.registerStackTransformation(({ props, opts }) => {
  const options = opts as { import?: string; ignoreChanges?: string[] };
  if (options.import === undefined || ![...importIds.values()].includes(options.import)) return undefined;
  options.ignoreChanges = options.ignoreChanges?.filter((field) => field !== "tags" && field !== "tagsAll");
  return { props, opts };
});

/** The bucket's physical name: the earlier stack's, if it's adopted. */
export const bucketName = importIds.get(earlierBucket) ?? bucket;
