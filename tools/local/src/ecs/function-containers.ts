import type { ContainerExit, ContainerSpec, RunContainer } from "./container.ts";

/**
 * A container's program as a function in this process.
 * @param signal aborts at SIGTERM; after SIGKILL nobody waits for the function any more
 * @returns the exit code
 */
export type ContainerFunction = (spec: ContainerSpec, signal: AbortSignal) => Promise<number>;

/**
 * Runs containers as functions, by container name: hundreds of scripted generators in one process.
 * A function that throws exits 1; one that ends after SIGTERM exits with what it returns.
 */
export const functionContainers =
  (functions: Record<string, ContainerFunction>): RunContainer =>
  async (spec) => {
    const run = functions[spec.name];
    if (!run) throw new Error(`no function for container ${spec.name}`);
    const terminated = new AbortController();
    const { promise: killed, resolve: kill } = Promise.withResolvers<ContainerExit>();
    const finished = run(spec, terminated.signal).then(
      (exitCode): ContainerExit => ({ exitCode }),
      (error: unknown): ContainerExit => ({ exitCode: 1, reason: String(error) }),
    );
    return {
      exited: Promise.race([finished, killed]),
      signal: (signal) => {
        terminated.abort(new Error(signal));
        if (signal === "SIGKILL") kill({ exitCode: 137 });
      },
    };
  };
