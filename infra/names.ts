/**
 * Physical names. `prod` has them as they are, any other stage adds `-{stage}`, so that stages live
 * side by side in one account and no name of one is a prefix of another's in a policy.
 */
export const namesFor = (stage: string) => {
  const suffix = stage === "prod" ? "" : `-${stage}`;
  return {
    /** Cluster, and prefix of roles, alarms and secrets. */
    app: `leo-saas${suffix}`,
    /** Service, container, task family, repository. */
    orchestrator: `leo-saas-app${suffix}`,
    /** Task family, repository. Its containers are `leo` and `gateway` in every stage. */
    generator: `leo${suffix}`,
    reaper: `leo-saas-reaper${suffix}`,
    bucket: (accountId: string) => `leo-saas-generated-apps-${accountId}${suffix}`,
    secret: (name: string) => `leo-saas${suffix}/${name}`,
    secretPrefix: `leo-saas${suffix}/`,
    taskEvents: `leo-saas-task-events${suffix}`,
    deadTaskEvents: `leo-saas-dead-task-events${suffix}`,
    orchestratorLogs: `/ecs/leo-saas-app${suffix}`,
    generatorLogs: `/ecs/leo${suffix}`,
    reaperLogs: `/aws/lambda/leo-saas-reaper${suffix}`,
  };
};
