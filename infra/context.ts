/** What every resource file needs: the stage, its names, and where it's deployed. */
import { globalNamesFor, namesFor } from "./names.ts";
import { readStage } from "./stage.ts";

export const stage = readStage($app.stage);
export const names = namesFor(stage.name);
export const globalNames = globalNamesFor(stage.name, stage.region);

export const accountId = aws.getCallerIdentityOutput({}).accountId;
export const partition = aws.getPartitionOutput({}).partition;

/** `arn:aws:{service}:{region}:{account}:{resource}` in this stage's Region. */
export const arn = (service: string, resource: $util.Input<string>) =>
  $interpolate`arn:${partition}:${service}:${stage.region}:${accountId}:${resource}`;

/** The port that the orchestrator listens on. */
export const PORT = 5013;
/** Serves generators' sockets and nothing else. */
export const GENERATOR_PORT = 5014;
