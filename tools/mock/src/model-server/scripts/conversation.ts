/**
 * What a request says about the work so far. The server keeps no state of its own for this: the
 * turn to play follows from the messages alone, so retries, reconnects and resumed sessions work.
 *
 * Terms: an *exchange* is one user prompt and all that followed it; a *tool turn* is one assistant
 * message with tool uses whose results have come back.
 */
import { blocksOf, textOf, type Block, type MessagesRequest } from "./request.ts";

export interface ToolUse {
  id: string;
  name: string;
  input: Record<string, unknown>;
  /** The tool's answer, or undefined when it has not come back. */
  result?: { text: string; failed: boolean };
}

export interface Exchange {
  prompt: string;
  toolTurns: ToolUse[][];
  /** True when the assistant closed this exchange without asking for another tool. */
  answered: boolean;
  /** Content of each known file before this exchange changed it, by absolute path. */
  before: Map<string, string>;
}

export interface Conversation {
  /** Never empty. The last one is the exchange to answer. */
  exchanges: Exchange[];
  /** Absolute path of the directory the agent works in. */
  workspace: string;
  system: string;
  /** Stable for one agent session; empty when the client sends none. */
  sessionId: string;
  /** Content of each file as the model last saw or wrote it, by absolute path. */
  files: Map<string, string>;
}

const REMINDER = /<system-reminder>[\s\S]*?<\/system-reminder>/g;
const INTERRUPTED = /^\[Request interrupted[^\]]*\]$/gm;

const promptText = (blocks: Block[]) =>
  blocks
    .filter((block) => block.type === "text")
    .map((block) => block.text ?? "")
    .join("\n")
    .replace(REMINDER, "")
    .replace(INTERRUPTED, "")
    .trim();

const resultText = (content: unknown): string => {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: Block) => part.text ?? "").join("\n");
};

const findWorkspace = (system: string, messages: string) => {
  const line =
    /^Workspace:[ \t]*(\/\S.*?)[ \t]*$/m.exec(system) ?? /^Workspace:[ \t]*(\/\S.*?)[ \t]*$/m.exec(messages);
  const environment = /working directory:[ \t]*(\/\S.*?)[ \t]*$/im;
  return (line ?? environment.exec(system) ?? environment.exec(messages))?.[1] ?? "/workspace";
};

/** Removes the line numbers that the Read tool puts before each line. */
const withoutLineNumbers = (text: string) =>
  text
    .replace(REMINDER, "")
    .split("\n")
    .filter((line) => /^\s*\d+[\t→]/.test(line))
    .map((line) => line.replace(/^\s*\d+[\t→]/, ""))
    .join("\n");

const rememberFile = (files: Map<string, string>, { name, input, result }: ToolUse, exchange: Exchange) => {
  const path = input.file_path;
  if (typeof path !== "string" || !result || result.failed) return;
  const known = files.get(path);
  if (name === "Write") files.set(path, String(input.content));
  if (name === "Edit" && known !== undefined) {
    files.set(
      path,
      known.replace(String(input.old_string), () => String(input.new_string)),
    );
  }
  if (name !== "Read" || !/^\s*\d+[\t→]/.test(result.text)) return;
  const content = withoutLineNumbers(result.text);
  files.set(path, content);
  const written = exchange.toolTurns
    .flat()
    .some((use) => use.name !== "Read" && use.input.file_path === path);
  if (!written) exchange.before.set(path, content);
};

const newExchange = (prompt: string, files: Map<string, string>): Exchange => ({
  prompt,
  toolTurns: [],
  answered: false,
  before: new Map(files),
});

/** Reads a request. A request without any prompt text has one exchange with an empty prompt. */
export const readConversation = (request: MessagesRequest): Conversation => {
  const exchanges: Exchange[] = [];
  const uses = new Map<string, ToolUse>();
  const files = new Map<string, string>();
  for (const message of request.messages) {
    const blocks = blocksOf(message.content);
    const current = exchanges.at(-1);
    if (message.role === "assistant") {
      const turn = blocks
        .filter((block) => block.type === "tool_use")
        .map((block) => ({ id: block.id ?? "", name: block.name ?? "", input: block.input ?? {} }));
      for (const use of turn) uses.set(use.id, use);
      if (current && turn.length > 0) current.toolTurns.push(turn);
      if (current) current.answered = turn.length === 0;
      continue;
    }
    if (message.role === "system") continue;
    const results = blocks.filter((block) => block.type === "tool_result");
    for (const block of results) {
      const use = uses.get(block.tool_use_id ?? "");
      if (!use || !current) continue;
      use.result = { text: resultText(block.content), failed: block.is_error === true };
      rememberFile(files, use, current);
    }
    const prompt = promptText(blocks);
    if (results.length > 0 || prompt === "") continue;
    const unanswered = current && !current.answered && current.toolTurns.length === 0;
    if (unanswered) current.prompt = `${current.prompt}\n${prompt}`;
    if (!unanswered) exchanges.push(newExchange(prompt, files));
  }
  const system = textOf(request.system);
  const everything = request.messages.map((message) => textOf(message.content)).join("\n");
  return {
    exchanges: exchanges.length > 0 ? exchanges : [newExchange("", files)],
    workspace: findWorkspace(system, everything),
    system,
    sessionId: request.metadata?.user_id ?? "",
    files,
  };
};

/** The exchange that waits for an answer. */
export const currentExchange = (conversation: Conversation): Exchange =>
  conversation.exchanges.at(-1) as Exchange;
