import { query, type Options, type SDKMessage, type SDKResultMessage } from "@anthropic-ai/claude-agent-sdk";
import type { ModelServer } from "../../src/model-server/start.ts";
import type { Workspace } from "./workspace.ts";

export interface AgentRun {
  messages: SDKMessage[];
  result: SDKResultMessage | undefined;
  sessionId: string;
  /** Texts of the agent, in order. */
  texts: string[];
  /** `Name target` of each tool use, in order. */
  tools: string[];
  /** Text of each tool's answer. */
  toolResults: string[];
  /** Why the process ended without a result, if it did. */
  crash: string | undefined;
}

interface Block {
  type: string;
  text?: string;
  name?: string;
  input?: Record<string, string>;
  content?: unknown;
}

const blocksOf = (message: SDKMessage): Block[] => {
  if (message.type !== "assistant" && message.type !== "user") return [];
  const { content } = message.message;
  return Array.isArray(content) ? (content as Block[]) : [];
};

/** Runs the real agent harness on one prompt, with the scripted model as its only model. */
export const runAgent = async (
  model: ModelServer,
  workspace: Workspace,
  prompt: string,
  options: Options = {},
): Promise<AgentRun> => {
  const messages: SDKMessage[] = [];
  const session = query({
    prompt,
    options: {
      cwd: workspace.path,
      env: {
        PATH: process.env.PATH,
        HOME: workspace.home,
        ANTHROPIC_BASE_URL: model.url,
        CLAUDE_CODE_OAUTH_TOKEN: "any",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
        IS_SANDBOX: "1",
      },
      systemPrompt: `You build web apps.\n\nWorkspace: ${workspace.path}\n`,
      settingSources: [],
      permissionMode: "bypassPermissions",
      allowDangerouslySkipPermissions: true,
      includePartialMessages: true,
      ...options,
    },
  });
  let crash: string | undefined;
  try {
    for await (const message of session) messages.push(message);
  } catch (error) {
    crash = error instanceof Error ? error.message : String(error);
  }
  const blocks = messages.flatMap(blocksOf);
  return {
    messages,
    result: messages.find((message) => message.type === "result"),
    sessionId: messages.find((message) => message.type === "system")?.session_id ?? "",
    texts: blocks.filter((block) => block.type === "text").map((block) => block.text ?? ""),
    tools: blocks
      .filter((block) => block.type === "tool_use")
      .map(({ name, input }) => `${name} ${input?.file_path ?? input?.command}`),
    toolResults: blocks
      .filter((block) => block.type === "tool_result")
      .map(({ content }) => (typeof content === "string" ? content : JSON.stringify(content))),
    crash,
  };
};
