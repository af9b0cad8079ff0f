/** What is wrong with edited code, as one line: file, line number, reason. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { parse } from "rolldown/utils";
import { ROOT } from "../start/settings.ts";

/** As people write it: from the top of the checkout, with slashes. */
export const inCheckout = (file: string): string => path.relative(ROOT, file).replaceAll(path.sep, "/");

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;

/** @returns the file's first syntax error, or undefined when it has none or is gone */
export const syntaxFault = async (file: string): Promise<string | undefined> => {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const [error] = (await parse(file, text)).errors;
  if (!error) return undefined;
  return `${inCheckout(file)}:${lineAt(text, error.labels[0]?.start ?? 0)}: ${error.message}`;
};

interface BundlerError {
  message: string;
  loc?: { file?: string; line: number };
}

/** What the bundler found first, or the error's own words. */
export const bundleFault = (error: unknown): string => {
  const { errors = [], message = String(error) } = error as { errors?: BundlerError[]; message?: string };
  const [first] = errors;
  const reason = stripVTControlCharacters(first?.message ?? message).split("\n")[0] ?? "";
  const place = first?.loc?.file ? `${inCheckout(first.loc.file)}:${first.loc.line}: ` : "";
  return place + reason.replace(/^\[\w+\] /, "");
};

const PLACE = /packages\/[\w-]+\/[\w./-]+\.(?:ts|tsx|js|mjs):\d+/;
const REASON = /\b[A-Z]?\w*Error\b(?: \[\w+\])?: [^\n"\\]+/;

/** Finds file, line and reason in what Node printed when a program of the checkout did not start. */
export const startFault = (output: string): string | undefined => {
  // A line of the log is JSON, in which lines are escaped.
  const text = output.replaceAll(String.raw`\n`, "\n");
  const place = PLACE.exec(text)?.[0];
  const reason = REASON.exec(text)?.[0];
  return place && `${place}: ${reason ?? "it ends at once"}`;
};
