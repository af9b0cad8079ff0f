/** What a prompt asks for, read from its words. */

const TITLE_MAX_CHARS = 40;

const OPENING =
  /^(?:(?:hi|hello|hey|please|kindly|can you|could you|would you|i(?:'d| would)? (?:want|need|like)(?: to (?:have|build|make|create))?|let'?s|build|make|create|generate|write|design|develop|me|us|a|an|the|my|our|simple|small|little|nice|beautiful|modern|basic)\b[\s,]*)+/i;
const CUT_AT =
  /[,.;:!?(\n]|\s[-–—]\s|\s(?:with|that|which|where|who|so|using|in which|and (?:also|it|with))\s/i;
const NAMED =
  /\b(?:called|named|titled|call it|name it)\s+(?:["“'‘]([^"”'’]{1,60})["”'’]|([\p{Lu}\d][\p{L}\d'&-]*(?:\s+[\p{Lu}\d][\p{L}\d'&-]*){0,4}))/u;

/** Leaves only characters that are harmless inside a JavaScript string, JSX and HTML. */
const plain = (text: string) =>
  text
    .replace(/[^\p{L}\p{N}\p{P}\p{Zs}]/gu, "")
    .replace(/["'`\\{}<>$*]/g, "")
    .replace(/\s+/g, " ")
    .trim();

const cutAtWord = (text: string) => {
  if (text.length <= TITLE_MAX_CHARS) return text;
  return text
    .slice(0, TITLE_MAX_CHARS + 1)
    .replace(/\s+\S*$/, "")
    .slice(0, TITLE_MAX_CHARS);
};

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** The prompt without the `mock:…` words that choose a behaviour. */
export const withoutMockWords = (prompt: string) =>
  prompt
    .replace(/\bmock:[\w-]+/gi, "")
    .replace(/[ \t]+/g, " ")
    .trim();

/** The behaviours that a text names as `mock:name`. */
export const mockWords = (text: string) =>
  [...text.matchAll(/\bmock:([\w-]+)/gi)].map((match) => (match[1] ?? "").toLowerCase());

/** A name that the prompt gives in so many words, as in `called "Dawn"`. */
export const givenName = (prompt: string): string | undefined => {
  const match = NAMED.exec(prompt);
  return match ? capitalised(cutAtWord(plain(match[1] ?? match[2] ?? ""))) || undefined : undefined;
};

/** "a todo list with dark mode" → "Todo list". Falls back where the prompt has no usable words. */
export const titleFromPrompt = (prompt: string, fallback: string): string => {
  const words = withoutMockWords(prompt);
  const subject = words.replace(OPENING, "").split(CUT_AT)[0] ?? "";
  return givenName(words) ?? (capitalised(cutAtWord(plain(subject))) || fallback);
};

export const slugOf = (title: string) =>
  title
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "") || "app";

/** Three shades of each colour a prompt may name: 400 for dark, 500 for rings, 600 for light. */
const PALETTE: Record<string, readonly [string, string, string]> = {
  indigo: ["#818cf8", "#6366f1", "#4f46e5"],
  blue: ["#60a5fa", "#3b82f6", "#2563eb"],
  green: ["#34d399", "#10b981", "#047857"],
  teal: ["#2dd4bf", "#14b8a6", "#0f766e"],
  red: ["#f87171", "#ef4444", "#dc2626"],
  orange: ["#fb923c", "#f97316", "#c2410c"],
  yellow: ["#fbbf24", "#f59e0b", "#b45309"],
  purple: ["#c084fc", "#a855f7", "#9333ea"],
  violet: ["#a78bfa", "#8b5cf6", "#7c3aed"],
  pink: ["#f472b6", "#ec4899", "#db2777"],
  gray: ["#94a3b8", "#64748b", "#475569"],
};

/** The first colour that a prompt names, in the palette's spelling. */
export const colourIn = (prompt: string): string | undefined => {
  const match = new RegExp(`\\b(${Object.keys(PALETTE).join("|")}|grey)\\b`, "i").exec(prompt);
  return match?.[1]?.toLowerCase().replace("grey", "gray");
};

/** A stylesheet with its `--color-accent-*` lines set to a colour of the palette. */
export const withAccent = (css: string, colour: string): string => {
  const shades = PALETTE[colour];
  if (!shades) return css;
  return [400, 500, 600].reduce(
    (text, step, index) =>
      text.replace(new RegExp(`(--color-accent-${step}:\\s*)[^;]+;`), `$1${shades[index]};`),
    css,
  );
};
