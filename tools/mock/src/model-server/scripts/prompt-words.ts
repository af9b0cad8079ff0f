/** What a prompt asks for, read from its words. */

const TITLE_MAX_CHARS = 40;

const OPENING =
  /^(?:(?:hi|hello|hey|please|kindly|can you|could you|would you|i(?:'d| would)? (?:want|need|like)(?: to (?:have|build|make|create))?|let'?s|build|make|create|add|generate|write|design|develop|me|us|a|an|the|my|our|simple|small|little|nice|beautiful|modern|basic|(?:web )?app (?:to|for|that|which|where i can)|tracks?|keeps? track of|manages?|logs?|records?|organi[sz]es?|red|orange|yellow|green|teal|blue|indigo|violet|purple|pink|gr[ae]y)\b[\s,]*)+/i;
const CUT_AT =
  /[,.;:!?(\n]|\s[-–—]\s|\s(?:with|that|which|where|who|so|using|in which|and (?:also|it|with|when|where|how|what|who|to))\s/i;
const NAMED =
  /\b(?:called|named|titled|call it|name it)\s+(?:["“'‘]([^"”'’]{1,60})["”'’]|([\p{Lu}\d][\p{L}\d'&-]*(?:\s+[\p{Lu}\d][\p{L}\d'&-]*){0,4}))/u;

const NAME_AT = /\s(?:called|named|titled)\s/i;

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

export const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** The prompt without the `mock:…` words that choose a behaviour. */
export const withoutMockWords = (prompt: string) =>
  prompt
    .replace(/\bmock:[\w-]+(?:=\w+)?/gi, "")
    .replace(/[ \t]+/g, " ")
    .trim();

/** The behaviours that a text names as `mock:name` or `mock:name=extent`. */
export const mockWords = (text: string) =>
  [...text.matchAll(/\bmock:([\w-]+(?:=\w+)?)/gi)].map((match) => (match[1] ?? "").toLowerCase());

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

/** What a page is about: "a landing page for a coffee roastery called Dawn" → "Coffee roastery". */
export const subjectFromPrompt = (prompt: string, fallback: string): string => {
  const about = /\b(?:for|about|of)\s+([\s\S]+)/i.exec(withoutMockWords(prompt))?.[1] ?? "";
  const subject = about.replace(OPENING, "").split(NAME_AT)[0]?.split(CUT_AT)[0] ?? "";
  return capitalised(cutAtWord(plain(subject))) || fallback;
};

/** The title that a prompt asks an existing app to have: `change the title to "Weekend"`. */
export const newTitleIn = (prompt: string): string | undefined => {
  const asked =
    /\b(?:title|heading|headline|name|rename)\b[^"“]*?(?:\bto|\bas|:)\s+(.+)/i.exec(prompt) ??
    /\bcall (?:it|the app|this)\s+(.+)/i.exec(prompt);
  const text = asked?.[1] ?? "";
  const quoted = /^["“'‘]([^"”'’]+)/.exec(text)?.[1];
  return (
    capitalised(cutAtWord(plain(quoted ?? text.split(/[.,;!?\n]|\s(?:and|please)\b/i)[0] ?? ""))) || undefined
  );
};

const CHANGE =
  /^(?:(?:please|now|also|then|and|ok|okay|next|can you|could you|would you|i(?:'d| would)? (?:want|need|like) (?:you )?to|let'?s)[\s,]+)*(?:add|change|make (?:it|the|this|that|all|everything)|rename|call it|remove|delete|drop|use|set|turn|put|show|hide|include|replace|move|fix|give|improve|increase|decrease|switch|update|sort|let)\b/i;

/** True for a prompt that asks to change what exists, rather than for a new app. */
export const isChangeRequest = (prompt: string) => CHANGE.test(withoutMockWords(prompt));
