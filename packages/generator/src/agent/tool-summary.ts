import { relative } from "node:path";
import { z } from "zod";
import { cut } from "../report.ts";

const RESULT_MAX_CHARS = 800;
const RESULT_MAX_LINES = 12;

const Input = z.looseObject({
  file_path: z.string().optional(),
  path: z.string().optional(),
  pattern: z.string().optional(),
  command: z.string().optional(),
  description: z.string().optional(),
});

/** A path as shown to people: relative to the workspace, or absolute outside it. */
export const shownPath = (path: string, workspace: string): string => {
  const inside = relative(workspace, path);
  return inside === "" || inside.startsWith("..") ? path : inside;
};

/** What a tool call works on: a file, a command or a pattern. Undefined if it names none of these. */
export const toolTarget = (input: unknown, workspace: string): string | undefined => {
  const parsed = Input.safeParse(input);
  if (!parsed.success) return undefined;
  const { file_path: filePath, command, pattern, path } = parsed.data;
  if (filePath) return shownPath(filePath, workspace);
  const target = command ?? pattern ?? (path && shownPath(path, workspace));
  return target === undefined ? undefined : cut(target, 500);
};

const textOf = (content: unknown): string => {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map((part: { type?: string; text?: string }) => part.text ?? (part.type ? `[${part.type}]` : ""))
    .join("\n");
};

/** Text that the harness adds for the model only. */
const FOR_THE_MODEL =
  /<\/?tool_use_error>|<system-reminder>[\s\S]*?<\/system-reminder>| \(file state is current[^)]*\)/g;

/** The first lines of a tool's result, with paths as shown to people. */
export const toolResult = (content: unknown, workspace: string): string => {
  const lines = textOf(content).replace(FOR_THE_MODEL, "").replaceAll(`${workspace}/`, "").split("\n");
  const head = lines.slice(0, RESULT_MAX_LINES).join("\n");
  return cut(lines.length > RESULT_MAX_LINES ? `${head}\n…` : head, RESULT_MAX_CHARS);
};
