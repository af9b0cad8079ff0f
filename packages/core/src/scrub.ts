/**
 * Removes what must never appear in an event, a log line or an error: credentials, recognized by shape
 * (`token-shapes.ts`), and terminal control sequences. Everything here runs in linear time.
 */
import { TOKEN_SHAPES } from "./token-shapes.ts";

/**
 * In a URL only the password is removed, so that the rest stays readable. A database password may contain
 * an unencoded `/`.
 */
const URL_PASSWORDS = [
  /(postgres(?:ql)?:\/\/[^\s:@/"'<>]{0,256}:)(?!\[removed)[^\s@"'<>]{1,256}@/g,
  /(:\/\/[^\s:@/"'<>]{0,256}:)(?!\[removed)[^\s@/"'<>]{1,256}@/g,
];

const scrubPasswords = (text: string): string =>
  text.includes("://")
    ? URL_PASSWORDS.reduce((clean, shape) => clean.replace(shape, "$1[removed: password]@"), text)
    : text;

/** A run of words and dots. A JWT is three words in a row, the first of which starts with `{"` in base64. */
const DOTTED = /[A-Za-z0-9_.-]{28,}/g;
const PART_MIN_CHARS = 8;

/** Read part by part, because a pattern would restart at every `eyJ`. */
const scrubJwts = (text: string): string => {
  if (!text.includes("eyJ")) return text;
  return text.replace(DOTTED, (run) => {
    const parts = run.split(".");
    const kept: string[] = [];
    for (let index = 0; index < parts.length; index += 1) {
      const header = parts[index] ?? "";
      const at = header.indexOf("eyJ");
      const token = at === -1 ? [] : [header.slice(at), ...parts.slice(index + 1, index + 3)];
      const isToken = token.length === 3 && token.every((part) => part.length >= PART_MIN_CHARS);
      kept.push(isToken ? `${header.slice(0, at)}[removed: jwt]` : header);
      if (isToken) index += 2;
    }
    return kept.join(".");
  });
};

/** The text with every known token shape replaced by `[removed: name]`. */
export const scrub = (text: string): string =>
  TOKEN_SHAPES.reduce(
    (clean, { name, marks, shape }) =>
      marks.some((mark) => clean.includes(mark)) ? clean.replace(shape, `[removed: ${name}]`) : clean,
    scrubJwts(scrubPasswords(text)),
  );

/** Control characters except tab and line feed: C0, DEL and C1. */
const CONTROL = /[^\P{Cc}\t\n]/u;
const CONTROLS = new RegExp(CONTROL, "gu");
const [ESC, BEL] = ["\u001B", "\u0007"];
/** Their one-character forms: DCS, SOS, OSC, PM, APC; their terminators; CSI. */
const [STRING_C1, END_C1, CSI_C1] = ["\u0090\u0098\u009D-\u009F", "\u009C", "\u009B"];
/** Window titles, links, device strings: from the introducer to the terminator, or to the end of the line. */
const STRINGS = new RegExp(
  String.raw`(?:${ESC}[\]PX^_]|[${STRING_C1}])[^${BEL}${ESC}${END_C1}\n]*(?:${BEL}|${ESC}\\|${END_C1})?`,
  "g",
);
/** Colors, cursor moves and all other sequences. */
const SEQUENCES = new RegExp(String.raw`(?:${ESC}\[|${CSI_C1})[0-?]*[ -/]*[@-~]?|${ESC}[ -/]*[0-~]?`, "g");

/** The text without escape sequences and control characters. Tabs and line feeds stay. */
export const stripTerminal = (text: string): string =>
  CONTROL.test(text) ? text.replace(STRINGS, "").replace(SEQUENCES, "").replace(CONTROLS, "") : text;

const mapStrings = <T>(value: T, change: (text: string) => string): T => {
  if (typeof value === "string") return change(value) as T;
  if (Array.isArray(value)) return value.map((inner: unknown) => mapStrings(inner, change)) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [change(key), mapStrings(inner, change)]),
  ) as T;
};

/** A copy in which every string, at any depth, is scrubbed, keys included. */
export const scrubDeep = <T>(value: T): T => mapStrings(value, scrub);

/** Matches any mark of a token in one pass. */
const MARK = new RegExp(
  [...TOKEN_SHAPES.flatMap(({ marks }) => marks), "://", "eyJ"]
    .map((mark) => mark.replaceAll(/[^\w ]/g, String.raw`\$&`))
    .join("|"),
);
/** Control characters except tab and line feed, as JSON has them: escaped, or raw for DEL and C1. */
const CONTROL_IN_JSON = /\\(?:u00|[bfr])|[\u007F-\u009F]/;

/** The same for a generator's reports. Also removes terminal sequences, which could hide a token. */
export const cleanDeep = <T>(value: T): T => mapStrings(value, (text) => scrub(stripTerminal(text)));

/**
 * The result of `cleanDeep` as JSON text. Nearly everything is clean, which the text itself shows: no mark of a
 * token contains a character that JSON escapes. Only the rest is processed field by field.
 */
export const cleanJson = (value: unknown): string => {
  const json = JSON.stringify(value);
  return MARK.test(json) || CONTROL_IN_JSON.test(json) ? JSON.stringify(cleanDeep(value)) : json;
};
