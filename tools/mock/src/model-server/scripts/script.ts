import { join } from "node:path";
import type { Conversation } from "./conversation.ts";
import type { ToolCall, Turn } from "./turn.ts";

/** One turn of a script; it sees what all earlier turns' tools answered. */
export type Step = (conversation: Conversation) => Turn | Promise<Turn>;

/** Plays one turn of a script. Past its end the last step, which closes the exchange, plays again. */
export const playScript = (steps: Step[], conversation: Conversation, step: number): Turn | Promise<Turn> =>
  steps[Math.min(step, steps.length - 1)]?.(conversation) ?? {};

/** Paths and tool calls of a conversation's workspace. */
export const toolsIn = ({ workspace, files }: Conversation) => {
  const at = (path: string) => join(workspace, path);
  return {
    read: (path: string): ToolCall => ({ name: "Read", input: { file_path: at(path) } }),
    write: (path: string, content: string): ToolCall => ({
      name: "Write",
      input: { file_path: at(path), content },
    }),
    edit: (path: string, before: string, after: string): ToolCall => ({
      name: "Edit",
      input: { file_path: at(path), old_string: before, new_string: after },
    }),
    bash: (command: string, description: string, timeoutMs?: number): ToolCall => ({
      name: "Bash",
      input: { command, description, ...(timeoutMs ? { timeout: timeoutMs } : {}) },
    }),
    /** A file as the model last saw it. */
    seen: (path: string) => files.get(at(path)),
  };
};
