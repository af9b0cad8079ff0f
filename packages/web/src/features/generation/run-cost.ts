/** What a run is said to cost, the same on every page. */
import type { Generation } from "@leo/core/generation.ts";
import { formatUsd } from "@leo/core/money.ts";
import { useConfig } from "../../lib/config.ts";
import { formatDuration } from "../../lib/format.ts";
import type { LiveState } from "../live/state.ts";

/** A demo model costs nothing, and for a copy nothing ran. */
const useIsFree = ({ copiedFromId }: Generation) => useConfig().modelIsMock || copiedFromId !== undefined;

const chargeOf = ({ costUsd, chargedUsd }: Generation) =>
  costUsd > 0 && chargedUsd === 0 ? "not charged" : formatUsd(chargedUsd);

/** How long an ended run took and what it is charged: "42 s · $0.12"; empty while it is at work. */
export const useRunFacts = (generation: Generation): string => {
  const isFree = useIsFree(generation);
  const { copiedFromId, createdAt, finishedAt } = generation;
  if (finishedAt === undefined || copiedFromId !== undefined) return "";
  const took = formatDuration(Date.parse(finishedAt) - Date.parse(createdAt));
  return isFree ? took : `${took} · ${chargeOf(generation)}`;
};

/**
 * What a run at work is charged so far. The page hears of the present attempt as it goes and of all of them
 * now and then, so it shows the larger; nobody is charged more than a run's limit.
 */
export const useCostSoFar = (generation: Generation, live: LiveState): string | undefined => {
  const isFree = useIsFree(generation);
  const { generationBudgetUsd } = useConfig().limits;
  const soFarUsd = Math.max(generation.chargedUsd, Math.min(live.costUsd, generationBudgetUsd));
  return isFree || soFarUsd === 0 ? undefined : formatUsd(soFarUsd);
};
