import type { Config } from "../config.ts";

export interface Place {
  subnet: string | undefined;
  capacityProvider: string;
}

/**
 * Where the next RunTask call asks for a task: every subnet with the first capacity provider, then
 * every subnet with the next, and round again.
 * @param onDemand an earlier attempt lost its Spot capacity
 * @param refusals answers so far that said no
 */
export const placeOf = (
  config: Pick<Config, "LEO_GENERATOR_SUBNETS" | "LEO_CAPACITY_PROVIDERS">,
  onDemand: boolean,
  refusals: number,
): Place => {
  const subnets = config.LEO_GENERATOR_SUBNETS;
  const providers = onDemand ? ["FARGATE"] : config.LEO_CAPACITY_PROVIDERS;
  const round = Math.floor(refusals / Math.max(1, subnets.length));
  return {
    subnet: subnets[refusals % subnets.length],
    capacityProvider: providers[round % providers.length] ?? "FARGATE",
  };
};
