/// <reference path=".sst/platform/config.d.ts" />

export default $config({
  async app(input) {
    const { readRegion } = await import("./infra/stage.ts");
    const isProd = input.stage === "prod";
    return {
      name: "leo-saas",
      version: "3.19.3",
      home: "aws",
      removal: isProd ? "retain" : "remove",
      protect: isProd,
      providers: {
        aws: { version: "6.66.2", region: readRegion(input.stage) },
        "docker-build": "0.0.14",
      },
    };
  },
  async run() {
    const { preflight } = await import("./tools/preflight/preflight.ts");
    await preflight();

    const { names } = await import("./infra/context.ts");
    await import("./infra/secrets.ts");
    await import("./infra/network.ts");
    await import("./infra/security-groups.ts");
    const { cluster } = await import("./infra/cluster.ts");
    const { bucket } = await import("./infra/storage.ts");
    await import("./infra/events.ts");
    const { generatorRepository, orchestratorRepository } = await import("./infra/registry.ts");
    const { url } = await import("./infra/orchestrator.ts");
    const outputs = {
      url,
      bucket: bucket.name,
      cluster: cluster.nodes.cluster.name,
      orchestratorRepository: orchestratorRepository.repositoryUrl,
      generatorRepository: generatorRepository.repositoryUrl,
    };
    // In `sst dev` the orchestrator and generators run on the laptop, so there is nothing here to watch.
    if ($dev) return outputs;

    const { generatorTaskDefinition } = await import("./infra/generator.ts");
    await import("./infra/reaper.ts");
    await import("./infra/notices.ts");
    await import("./infra/alarms.ts");
    await import("./infra/dashboard.ts");
    await import("./infra/budget.ts");
    return {
      ...outputs,
      generatorTaskDefinition: generatorTaskDefinition.arn,
      logGroups: [names.orchestratorLogs, names.generatorLogs, names.reaperLogs],
    };
  },
});
