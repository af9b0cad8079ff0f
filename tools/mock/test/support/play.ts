import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import type { ModelServer } from "../../src/model-server/start.ts";
import { ask } from "./model.ts";
import type { Workspace } from "./workspace.ts";

const run = promisify(execFile);

interface Block {
  type: string;
  text?: string;
  id?: string;
  name?: string;
  input?: Record<string, string>;
}
export interface Message {
  role: "user" | "assistant";
  content: unknown;
}

const numbered = (text: string) =>
  text
    .split("\n")
    .map((line, index) => `${index + 1}\t${line}`)
    .join("\n");

/** Does what a tool of the harness would. @throws where it would refuse */
const useTool = async (workspace: Workspace, seen: Set<string>, { name, input = {} }: Block) => {
  const path = input.file_path ?? "";
  const current = path ? await readFile(path, "utf8").catch(() => undefined) : undefined;
  if (name === "Bash") {
    const { stdout } = await run("bash", ["-c", input.command ?? ""], { cwd: workspace.path });
    return stdout;
  }
  if (name === "Write") {
    if (current !== undefined && !seen.has(path)) throw new Error(`${path} has not been read yet`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, input.content ?? "");
    seen.add(path);
    return "written";
  }
  if (current === undefined) throw new Error(`${path} does not exist`);
  if (name === "Read") {
    seen.add(path);
    return numbered(current);
  }
  const [before = "", after = ""] = [input.old_string, input.new_string];
  if (!seen.has(path)) throw new Error(`${path} has not been read yet`);
  if (current.split(before).length !== 2) throw new Error(`old_string occurs not once in ${path}: ${before}`);
  await writeFile(
    path,
    current.replace(before, () => after),
  );
  return "edited";
};

/**
 * Plays prompts against the model as the harness does, but in this process and in milliseconds.
 * @returns the closing text of each prompt
 * @throws when a tool call fails
 */
export const play = async (
  model: ModelServer,
  workspace: Workspace,
  prompts: string[],
  messages: Message[] = [],
): Promise<string[]> => {
  const seen = new Set<string>();
  const closing: string[] = [];
  for (const prompt of prompts) {
    messages.push({ role: "user", content: prompt });
    for (;;) {
      const response = await ask(model, { system: `Workspace: ${workspace.path}`, messages });
      const { content, stop_reason } = (await response.json()) as { content: Block[]; stop_reason: string };
      messages.push({ role: "assistant", content });
      if (stop_reason !== "tool_use") break;
      const results: unknown[] = [];
      for (const use of content.filter((block) => block.type === "tool_use")) {
        const text = await useTool(workspace, seen, use);
        results.push({ type: "tool_result", tool_use_id: use.id, content: text });
      }
      messages.push({ role: "user", content: results });
    }
    const last = messages.at(-1)?.content as Block[];
    closing.push(last.map((block) => block.text ?? "").join(""));
  }
  return closing;
};
