/**
 * The syntax of `.env` files as SST's CLI reads them. It is written in Go (godotenv 1.5), and differs from
 * Node's `util.parseEnv`: variables expand, YAML's colon is allowed, backticks are ordinary characters, and
 * one error makes the CLI ignore the whole file.
 */

/** The file cannot be read; the CLI would silently ignore all of it. */
export class EnvSyntaxError extends Error {
  override name = "EnvSyntaxError";
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** White space within a line. */
const BLANK = "[\\t\\v\\f\\r \\u0085\\u00a0]";
const LEADING_BLANKS = new RegExp(`^${BLANK}+`);
const OUTER_BLANKS = new RegExp(`^${BLANK}+|${BLANK}+$`, "g");
const EXPORT = new RegExp(`^export(?=${BLANK})${BLANK}+`);
/** A comment begins at the last `#` that follows a blank. */
const COMMENT = new RegExp(`^(.*${BLANK})#`, "s");
/** What may stand between statements; JavaScript's \s would include the byte order mark. */
const BETWEEN =
  /^(?:[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|#[^\n]*(?:\n|$))+/;

/** Go checks the bytes of a name one at a time, each as a Latin-1 character. */
const isNameText = (text: string) =>
  /^[\p{L}\p{N}_.\t\v\f\r \u0085\u00a0]*$/u.test(Buffer.from(text, "utf8").toString("latin1"));

type Values = Record<string, string>;

/** `$NAME` and `${NAME}` become what the same file said before; `\$` is a dollar sign. */
const expand = (text: string, known: Values): string =>
  text.replaceAll(/(\\?)\$\(?\{?([A-Z0-9_]*)\}?/g, (match, escape: string, name: string) => {
    if (escape) return match.slice(1);
    return name ? (known[name] ?? "") : match;
  });

const unescape = (text: string): string =>
  text
    .replaceAll(/\\[^\n]/gu, (match) => ({ "\\n": "\n", "\\r": "\r" })[match] ?? match)
    .replaceAll(/\\([^$])/gu, "$1");

interface Read {
  value: string;
  rest: string;
}

const readQuoted = (text: string, quote: string, known: Values): Read | undefined => {
  for (let end = text.indexOf(quote, 1); end !== -1; end = text.indexOf(quote, end + 1)) {
    if (text[end - 1] === "\\") continue;
    const inner = text
      .slice(0, end)
      .replace(new RegExp(`^${quote}+`), "")
      .replace(new RegExp(`${quote}+$`), "");
    const value = quote === '"' ? expand(unescape(inner), known) : inner;
    return { value, rest: text.slice(end + 1) };
  }
  return undefined;
};

const readPlain = (text: string, known: Values): Read => {
  const end = text.search(/[\n\r]/);
  const line = end === -1 ? text : text.slice(0, end);
  const value = (COMMENT.exec(line)?.[1] ?? line).replaceAll(OUTER_BLANKS, "");
  return { value: expand(value, known), rest: end === -1 ? "" : text.slice(end) };
};

/**
 * Parses the text of a `.env` file.
 * @throws EnvSyntaxError with the line that stops the CLI
 */
export const parseEnvText = (source: string): Values => {
  const values: Values = {};
  const text = source.replaceAll("\r\n", "\n");
  const failAt = (rest: string, message: string) =>
    new EnvSyntaxError(message, text.slice(0, text.length - rest.length).split("\n").length);

  let rest = text;
  for (;;) {
    rest = rest.replace(BETWEEN, "");
    if (rest === "") return values;
    const start = rest;
    const statement = rest.replace(LEADING_BLANKS, "").replace(EXPORT, "");
    const separator = statement.search(/[=:]/);
    const name = separator === -1 ? statement : statement.slice(0, separator);
    if (statement === "" || !isNameText(name)) throw failAt(start, "is not of the form NAME=value");
    const after = statement.slice(separator + 1).replace(LEADING_BLANKS, "");
    const quote = after[0] === '"' || after[0] === "'" ? after[0] : undefined;
    const read = quote ? readQuoted(after, quote, values) : readPlain(after, values);
    if (!read) throw failAt(start, "opens a quote that is never closed");
    values[separator === -1 ? "" : name.trimEnd()] = read.value;
    rest = read.rest;
  }
};
