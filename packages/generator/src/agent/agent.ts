/**
 * The coding agent of one run: one harness process, one session, one prompt after another.
 *
 * A *turn* is one prompt and everything up to the harness's `result`. The process may die between
 * or within turns; `prompt` then rejects with `AgentCrash`, and a new agent may resume the session.
 */
import type { Options, Query, SDKMessage, SDKResultMessage } from "@anthropic-ai/claude-agent-sdk";
import type { Logger } from "pino";
import type { FailureCode } from "@leo/core/failure.ts";
import { agentEnvironment } from "../process/environment.ts";
import type { Report } from "../report.ts";
import { cutStart } from "../report.ts";
import type { SandboxProcess } from "../sandbox/process.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Clock } from "../socket/clock.ts";
import { changesPackages, environmentFilesNote, rejectToolCall } from "./guard.ts";
import { findHarness, TOOLS, type HarnessOptions } from "./harness.ts";
import { PromptQueue } from "./prompt-queue.ts";
import { systemPrompt } from "./system-prompt.ts";
import { MessageTranslator } from "./translator.ts";
import { errorText } from "../error-text.ts";

const STDERR_MAX_CHARS = 8_000;

export interface AgentOptions extends Omit<HarnessOptions, "paths"> {
  sandbox: Sandbox;
  /** A session whose transcript is in place. */
  resume?: string;
  /** Silence after which the process counts as hung, in milliseconds. */
  silentMs: number;
  logger: Logger;
  clock: Clock;
}

/** Receives what the agent does. */
export interface AgentListener {
  report: Report;
  onToolEnded: () => void;
  /** After each answer of the model: the moment to ask the gateway for the totals. */
  onModelAnswer: () => void;
}

/** How a turn ended, according to the harness. */
export interface TurnEnd {
  result: SDKResultMessage;
  /** The last text of the turn. */
  text: string;
}

/** The agent's process ended without a result, or Leo ended it because no result would come. */
export class AgentCrash extends Error {
  override name = "AgentCrash";
  /** The run's failure code: `agent_error` when the process ended by itself. */
  readonly code: FailureCode;

  constructor(message: string, code: FailureCode = "agent_error") {
    super(message);
    this.code = code;
  }
}

type Hook = NonNullable<NonNullable<Options["hooks"]>["PreToolUse"]>[number]["hooks"][number];

interface OpenTurn {
  resolve: (end: TurnEnd) => void;
  reject: (error: Error) => void;
}

/** Messages that show the agent at work; others may only say that it's waiting. */
const isWork = (message: SDKMessage) =>
  message.type === "stream_event" || message.type === "assistant" || message.type === "user";

export class AppGeneratorAgent {
  readonly #options: AgentOptions;
  readonly #prompts = new PromptQueue();
  readonly #listener: AgentListener;
  readonly #translator: MessageTranslator;
  #query: Query | undefined;
  #process: SandboxProcess | undefined;
  #turn: OpenTurn | undefined;
  #ended: Error | undefined;
  #stderr = "";
  #cancelWatch: (() => void) | undefined;
  #sessionId: string | undefined;
  #planning = false;
  #waitsForModel = false;

  constructor(options: AgentOptions, listener: AgentListener) {
    this.#options = options;
    this.#sessionId = options.resume;
    this.#listener = listener;
    this.#translator = new MessageTranslator({
      report: listener.report,
      clock: options.clock,
      workspace: options.sandbox.paths.workspace,
      onToolEnded: listener.onToolEnded,
      onEndlessText: (text) => this.#giveUp(new AgentCrash(text, "output_too_large")),
    });
  }

  /** Undefined until the harness's first message. */
  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  /** Starts the process, unless it was stopped; it then waits for the first prompt. */
  async start(): Promise<void> {
    const { query } = await import("./sdk.ts");
    if (this.#ended) return;
    this.#query = query({ prompt: this.#prompts, options: this.#queryOptions() });
    void this.#listen(this.#query);
  }

  /**
   * Sends the agent its next prompt, one at a time.
   * @param planning true while no file may change
   * @returns how the turn ended
   * @throws AgentCrash when the process ends or stalls
   */
  prompt(text: string, planning = false): Promise<TurnEnd> {
    if (this.#ended) return Promise.reject(this.#ended);
    this.#planning = planning;
    return new Promise((resolve, reject) => {
      this.#turn = { resolve, reject };
      this.#watchSilence();
      this.#prompts.push(text);
    });
  }

  /** Suspends the silence timeout while the agent waits for the model. */
  waitForModel(waits: boolean): void {
    this.#waitsForModel = waits;
    this.#watchSilence();
  }

  /** Kills the process group. An open turn rejects. */
  stop(): void {
    this.#end(new AgentCrash("stopped"));
    this.#prompts.close();
    this.#process?.kill("SIGKILL");
    this.#query?.close();
  }

  async #listen(messages: AsyncIterable<SDKMessage>): Promise<void> {
    let text = "";
    try {
      for await (const message of messages) {
        this.#noticeWork(message);
        this.#translator.translate(message);
        if (message.type === "system" && message.subtype === "init") this.#sessionId = message.session_id;
        if (message.type === "assistant") text = lastText(message) ?? text;
        if (message.type === "stream_event" && message.event.type === "message_stop") {
          this.#listener.onModelAnswer();
        }
        if (message.type === "result") this.#endTurn({ result: message, text });
      }
      this.#end(new AgentCrash(`the agent's process ended\n${this.#stderr}`.trim()));
    } catch (error) {
      this.#end(new AgentCrash(`${errorText(error)}\n${this.#stderr}`.trim()));
    }
  }

  #noticeWork(message: SDKMessage): void {
    if (isWork(message)) this.#watchSilence();
  }

  #watchSilence(): void {
    const { clock, silentMs: limitMs } = this.#options;
    this.#cancelWatch?.();
    if (!this.#turn || this.#waitsForModel) return;
    this.#cancelWatch = clock.after(limitMs, () => {
      const tool = this.#translator.waitingTool;
      const cause = tool ? `the tool didn't return: ${tool}` : "the agent said nothing";
      const message = `${cause} for ${Math.round(limitMs / 1_000)} s`;
      this.#giveUp(new AgentCrash(message, tool ? "tool_timeout" : "stalled"));
    });
  }

  #endTurn(end: TurnEnd): void {
    this.#cancelWatch?.();
    this.#translator.end();
    this.#listener.onModelAnswer();
    const turn = this.#turn;
    this.#turn = undefined;
    turn?.resolve(end);
  }

  #end(cause: Error): void {
    if (this.#ended) return;
    this.#ended = cause;
    this.#cancelWatch?.();
    this.#translator.end();
    this.#turn?.reject(cause);
    this.#turn = undefined;
  }

  /** Ends a process that won't end by itself. */
  #giveUp(cause: Error): void {
    this.#end(cause);
    this.stop();
  }

  #queryOptions(): Options {
    const { sandbox, model, limits, resume } = this.#options;
    const { paths } = sandbox;
    return {
      cwd: paths.workspace,
      pathToClaudeCodeExecutable: findHarness(),
      env: agentEnvironment(paths, model),
      model: model.name,
      systemPrompt: { type: "custom", prompt: systemPrompt(paths.workspace), snapshot: false },
      tools: TOOLS,
      allowedTools: TOOLS,
      permissionMode: "dontAsk",
      // No settings file, on this machine or in the workspace, configures the agent.
      settingSources: [],
      strictMcpConfig: true,
      includePartialMessages: true,
      maxTurns: limits.maxTurns,
      maxBudgetUsd: limits.budgetUsd,
      resume,
      hooks: {
        PreToolUse: [{ hooks: [this.#judge] }],
        PostToolUse: [{ matcher: "Bash", hooks: [this.#afterCommand] }],
      },
      spawnClaudeCodeProcess: (spawnOptions) => this.#spawn(spawnOptions),
    };
  }

  #judge: Hook = async (input) => {
    if (input.hook_event_name !== "PreToolUse") return {};
    const { sandbox } = this.#options;
    const { paths, templateDir } = sandbox;
    const call = input.tool_input as Record<string, unknown>;
    const reason = await rejectToolCall(input.tool_name, call, {
      workspace: paths.workspace,
      readable: [templateDir, paths.home, paths.temporary],
      isPlanning: () => this.#planning,
      resolveLinks: async (path) => (await sandbox.call({ operation: "resolve", path })).path,
    });
    if (!reason && changesPackages(call.command)) await sandbox.call({ operation: "own_packages" });
    if (!reason) return {};
    return {
      hookSpecificOutput: {
        hookEventName: "PreToolUse",
        permissionDecision: "deny",
        permissionDecisionReason: reason,
      },
    };
  };

  #afterCommand: Hook = async () => {
    const removed = await this.#options.sandbox.call({ operation: "remove_environment_files" });
    const reason = environmentFilesNote(removed);
    return reason ? { decision: "block", reason } : {};
  };

  #spawn: NonNullable<Options["spawnClaudeCodeProcess"]> = ({ command, args, cwd, env, signal }) => {
    const process = this.#options.sandbox.exec({
      command,
      args,
      env: withoutUnset(env),
      ...(cwd && { cwd }),
    });
    signal.addEventListener("abort", () => process.kill("SIGKILL"), { once: true });
    process.stderr.on("data", (chunk: Buffer) => {
      const data = chunk.toString("utf8");
      this.#stderr = cutStart(this.#stderr + data, STDERR_MAX_CHARS);
      this.#options.logger.warn({ event: "agent_stderr", agentStderr: data.trim() }, "agent stderr");
    });
    this.#process = process;
    return process;
  };
}

const withoutUnset = (env: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

const lastText = (message: Extract<SDKMessage, { type: "assistant" }>): string | undefined => {
  const texts = message.message.content.flatMap((block) => (block.type === "text" ? [block.text] : []));
  return texts.at(-1);
};
