/**
 * Load generators and rivals are processes of their own. A child's module hands its commands to
 * `serveCommands`; the parent calls them by name. Arguments and answers are copied as by
 * `structuredClone`, so arrays of numbers travel as they are.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

type Commands = Record<string, (argument: never) => Promise<unknown>>;

interface Call {
  id: number;
  command: string;
  argument: unknown;
}

type Answer = { id: number; result: unknown } | { id: number; error: string };

export interface Child<C extends Commands> {
  pid: number;
  /** Runs a command in the child. @throws with the child's error, or when it has ended */
  call<Name extends keyof C & string>(
    command: Name,
    ...argument: Parameters<C[Name]>
  ): Promise<Awaited<ReturnType<C[Name]>>>;
  /** Ends the process. */
  end(): Promise<void>;
}

/** In the child: answers the parent's calls, and ends when the parent is gone. */
export const serveCommands = (commands: Commands): void => {
  const answer = (message: Answer) => process.send?.(message);
  process.on("message", ({ id, command, argument }: Call) => {
    const run = commands[command];
    if (!run) throw new Error(`no command ${command}`);
    run(argument as never).then(
      (result) => answer({ id, result }),
      (cause: unknown) =>
        answer({ id, error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) }),
    );
  });
  process.on("disconnect", () => process.exit());
};

/**
 * In the parent: starts a child.
 * @param module path beside this package's `src`, such as `load/leo-browsers.ts`
 */
export const startChild = <C extends Commands>(
  module: string,
  env: Record<string, string> = {},
): Child<C> => {
  const child = fork(fileURLToPath(new URL(`../${module}`, import.meta.url)), {
    serialization: "advanced",
    env: { PATH: process.env.PATH, ...env },
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let nextId = 1;
  child.on("message", (message: Answer) => {
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if ("error" in message) call?.reject(new Error(`${module}: ${message.error}`));
    else call?.resolve(message.result);
  });
  child.once("exit", (code, signal) => {
    for (const call of waiting.values()) call.reject(new Error(`${module} ended (${signal ?? code})`));
    waiting.clear();
  });
  return {
    pid: child.pid ?? 0,
    call: (command, ...[argument]) => {
      const call = Promise.withResolvers<unknown>();
      const id = (nextId += 1);
      waiting.set(id, call);
      child.send({ id, command, argument } satisfies Call);
      return call.promise as Promise<never>;
    },
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
};
