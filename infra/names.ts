/** The default Region, whose global names have no suffix. */
export const DEFAULT_REGION = "us-east-1";

const suffixOf = (stage: string) => (stage === "prod" ? "" : `-${stage}`);

/**
 * Physical names within one Region. `prod` uses them unchanged, any other stage adds `-{stage}`, so
 * that stages can share an account and no stage's name is a prefix of another's in a policy.
 */
export const namesFor = (stage: string) => {
  const suffix = suffixOf(stage);
  return {
    /** Cluster, and prefix of alarms and secrets. */
    app: `leo-saas${suffix}`,
    /** Service, container, task family, repository. */
    orchestrator: `leo-saas-app${suffix}`,
    /** Task family, repository. Its containers are `leo` and `sandbox` in every stage. */
    generator: `leo${suffix}`,
    reaper: `leo-saas-reaper${suffix}`,
    secret: (name: string) => `leo-saas${suffix}/${name}`,
    secretPrefix: `leo-saas${suffix}/`,
    taskEvents: `leo-saas-task-events${suffix}`,
    deadTaskEvents: `leo-saas-dead-task-events${suffix}`,
    orchestratorLogs: `/ecs/leo-saas-app${suffix}`,
    generatorLogs: `/ecs/leo${suffix}`,
    reaperLogs: `/aws/lambda/leo-saas-reaper${suffix}`,
    notices: `leo-saas${suffix}-notices`,
  };
};

/** `eu-west-1` → `euw1`, `ap-southeast-2` → `apse2`: at most five characters. */
const regionCode = (region: string) =>
  region
    .replace(/(north|south)(east|west)/, "$1-$2")
    .split("-")
    .map((word, index) => (index === 0 ? word : word.slice(0, 1)))
    .join("");

/**
 * Names that must be unique per account or worldwide, whatever the Region. Outside us-east-1 they include the
 * Region, so one stage can be deployed to several; no stage's name can look like that.
 */
export const globalNamesFor = (stage: string, region: string) => {
  const suffix = suffixOf(stage);
  const isDefault = region === DEFAULT_REGION;
  const app = `leo-saas${suffix}${isDefault ? "" : `_${region}`}`;
  const bucketPrefix = `leo-saas-generated-apps-${isDefault ? "" : `${regionCode(region)}-`}`;
  return {
    bucket: (accountId: string) => `${bucketPrefix}${accountId}${suffix}`,
    budget: app,
    dashboard: app,
    generatorTaskRole: `${app}-generator-task`,
    generatorExecutionRole: `${app}-generator-execution`,
  };
};
