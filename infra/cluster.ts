import { names } from "./context.ts";
import { vpc } from "./network.ts";

/** One cluster for the orchestrator's service and the generators' tasks. */
export const cluster = new sst.aws.Cluster("Cluster", {
  vpc,
  transform: {
    cluster: (args) => {
      args.name = names.app;
      args.settings = [{ name: "containerInsights", value: "enabled" }];
    },
  },
});

export const clusterArn = cluster.nodes.cluster.arn;
