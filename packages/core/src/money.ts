/** "$0.12", "$1,234.50"; amounts under a cent as "< $0.01". The only format for money shown to people. */
export const formatUsd = (amountUsd: number): string => {
  if (amountUsd > 0 && amountUsd < 0.01) return "< $0.01";
  const [whole = "", cents = ""] = amountUsd.toFixed(2).split(".");
  // Without Intl: loading a locale would add 12 ms to every process's start.
  return `$${whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ",")}.${cents}`;
};
