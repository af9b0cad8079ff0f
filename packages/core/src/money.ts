/** "$0.12", "$1,234.50"; amounts under a cent as "< $0.01". The one way in which people are shown money. */
export const formatUsd = (amountUsd: number): string => {
  if (amountUsd > 0 && amountUsd < 0.01) return "< $0.01";
  const [whole = "", cents = ""] = amountUsd.toFixed(2).split(".");
  // Not by the locale's rules: to load them would take each process 12 ms of its start.
  return `$${whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ",")}.${cents}`;
};
