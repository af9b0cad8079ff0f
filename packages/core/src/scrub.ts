/** Shapes of credentials that must never leave in an event, a log line or an error. */
const TOKEN_SHAPES: [name: string, shape: RegExp][] = [
  ["private-key", /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g],
  ["anthropic", /\bsk-ant-[A-Za-z0-9_-]{8,}/g],
  ["github", /\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,})/g],
  ["aws", /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g],
  ["fly", /\b(?:fo1_[A-Za-z0-9_-]{16,}|FlyV1 [A-Za-z0-9+/=_,-]{16,}|fm[12][ar]?_[A-Za-z0-9+/=_-]{16,})/g],
  ["supabase", /\bsb(?:p|_secret)_[A-Za-z0-9_-]{16,}/g],
  ["leo-attempt", /\bleo_at_[A-Za-z0-9_-]{16,}/g],
  ["jwt", /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g],
];

/** The text with every known token shape replaced by `[removed: name]`. */
export const scrub = (text: string): string =>
  TOKEN_SHAPES.reduce((clean, [name, shape]) => clean.replace(shape, `[removed: ${name}]`), text);

/** A copy in which every string, at any depth, is scrubbed. Keys are kept. */
export const scrubDeep = <T>(value: T): T => {
  if (typeof value === "string") return scrub(value) as T;
  if (Array.isArray(value)) return value.map(scrubDeep) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, scrubDeep(inner)])) as T;
};
