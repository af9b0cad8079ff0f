/** A part of the test run failed; the message is one sentence. */
export class ProofError extends Error {
  override name = "ProofError";
}

/** An error's own words, or those of what it wraps: fetch says only "fetch failed". */
export const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  if (error instanceof ProofError) return message;
  return cause instanceof Error ? cause.message : message;
};
