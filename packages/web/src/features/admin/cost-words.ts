import type { AdminGeneration } from "@leo/core/admin.ts";
import { formatUsd } from "@leo/core/money.ts";

/** What its user is charged, and what the model cost where that is another amount. */
export const costWords = ({ costUsd, chargedUsd }: AdminGeneration): string => {
  const charged = formatUsd(chargedUsd);
  const cost = formatUsd(costUsd);
  return cost === charged ? charged : `${charged} charged of ${cost} model cost`;
};
