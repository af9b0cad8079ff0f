/** Of the system: nobody listens, the line broke, or the name is not known. */
const SYSTEM = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);
/** Of PostgreSQL: a connection failed, it starts or ends, or it has no connection left. */
const STATE = /^(?:08...|57P0[1-3]|53300)$/;
/** The database driver has no codes for these. */
const SAID = [
  /^timeout exceeded when trying to connect/,
  /^Connection terminated/,
  /^Client .* is not queryable/,
  /^the database has been silent/,
];

/** Whether an error, or what caused it, says that a service is out of reach, so that trying again may help. */
export const isUnreachable = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === "string" && (SYSTEM.has(code) || STATE.test(code))) return true;
  return SAID.some((said) => said.test(error.message)) || isUnreachable(error.cause);
};
