/** Carries one task from PROVISIONING to STOPPED. Every visible change goes through `change`. */
import { setTimeout as delay } from "node:timers/promises";
import { withPorts, type ContainerDefinition } from "./definition.ts";
import type { ContainerExit, RunContainer } from "./container.ts";
import { containerSpec } from "./container-spec.ts";
import type { TaskFault } from "./faults.ts";
import { watchHealth } from "./health.ts";
import type { Container, Task } from "./task.ts";
import { startFailure, type StopCause } from "./stop-cause.ts";

export interface TaskRunnerOptions {
  task: Task;
  ports: ReadonlyMap<string, number>;
  runContainer: RunContainer;
  fault?: TaskFault;
  now: () => Date;
  /** Called after every change; `task.version` has risen. */
  changed: (task: Task) => void;
}

const STOP_TIMEOUT_MS = 30_000;

export class TaskRunner {
  /** Settles when the task is STOPPED. */
  readonly ended: Promise<void>;
  readonly #options: TaskRunnerOptions;
  readonly #task: Task;
  readonly #cause = Promise.withResolvers<StopCause>();
  /** Aborts as soon as the task is wanted gone. */
  readonly #stopping = new AbortController();
  /** Aborts when everything of the task is over. */
  readonly #over = new AbortController();
  readonly #stops = new Map<Container, Promise<void>>();
  readonly #conditions = new Map<string, PromiseWithResolvers<void>>();

  constructor(options: TaskRunnerOptions) {
    this.#options = options;
    this.#task = options.task;
    this.ended = this.#run();
  }

  /** Wants the task gone. The first cause counts. */
  stop(cause: StopCause): void {
    if (this.#stopping.signal.aborted) return;
    this.#change(() => {
      this.#task.desiredStatus = "STOPPED";
      this.#task.stopCode = cause.stopCode;
      this.#task.stoppedReason = cause.stoppedReason;
      this.#task.stoppingAt = this.#options.now();
      if (this.#task.lastStatus === "RUNNING") this.#task.lastStatus = "STOPPING";
    });
    this.#stopping.abort();
    this.#cause.resolve(cause);
  }

  /** Makes a fault befall the task now. */
  befall(kind: "oom" | "spot" | "host_lost"): void {
    if (kind === "spot") {
      this.stop({ stopCode: "SpotInterruption", stoppedReason: "Your Spot Task was interrupted." });
      return;
    }
    const [essential] = this.#task.containers.filter(({ definition }) => definition.essential !== false);
    if (kind === "oom") {
      if (!essential?.run) return;
      essential.reason = "OutOfMemoryError: Container killed due to memory usage";
      essential.run.signal("SIGKILL");
      return;
    }
    this.stop({
      stopCode: "TerminationNotice",
      stoppedReason: "Host EC2 instance terminated.",
      hostLost: true,
    });
  }

  #change(apply: () => void): void {
    apply();
    this.#task.version += 1;
    this.#options.changed(this.#task);
  }

  async #run(): Promise<void> {
    // The caller answers RunTask with PROVISIONING before anything else is seen.
    await new Promise((resolve) => setImmediate(resolve));
    await this.#start();
    const cause = await this.#cause.promise;
    await Promise.all(this.#task.containers.map(async (container) => this.#stopContainer(container, cause)));
    this.#over.abort();
    this.#change(() => {
      this.#task.executionStoppedAt = this.#options.now();
      this.#task.lastStatus = "DEPROVISIONING";
    });
    this.#change(() => {
      this.#task.stoppedAt = this.#options.now();
      this.#task.lastStatus = "STOPPED";
      for (const container of this.#task.containers) container.lastStatus = "STOPPED";
    });
  }

  async #start(): Promise<void> {
    const { fault, now } = this.#options;
    const stopping = this.#stopping.signal;
    if (fault?.kind === "slow_provisioning") {
      await delay(fault.delayMs, undefined, { signal: stopping }).catch(() => undefined);
    }
    if (stopping.aborted) return;
    const failure = startFailure(fault);
    if (failure && !failure.pulling) return this.stop(failure);
    this.#change(() => {
      this.#task.connectivityAt = now();
      this.#task.pullStartedAt = now();
      this.#task.lastStatus = "PENDING";
    });
    if (failure) return this.stop(failure);
    this.#task.pullStoppedAt = now();
    await Promise.all(this.#task.containers.map(async (container) => this.#startContainer(container)));
    if (stopping.aborted) return;
    this.#change(() => {
      this.#task.startedAt = now();
      this.#task.lastStatus = "RUNNING";
    });
    if (fault?.kind === "oom" || fault?.kind === "spot" || fault?.kind === "host_lost") {
      const { kind, afterMs } = fault;
      const timer = setTimeout(() => this.befall(kind), afterMs).unref();
      this.#over.signal.addEventListener("abort", () => clearTimeout(timer));
    }
  }

  #condition(name: string, condition: string): PromiseWithResolvers<void> {
    const key = `${name} ${condition}`;
    const found = this.#conditions.get(key) ?? Promise.withResolvers<void>();
    this.#conditions.set(key, found);
    return found;
  }

  async #untilDependenciesHold({ dependsOn = [] }: ContainerDefinition): Promise<void> {
    const all = dependsOn.map(
      async ({ containerName, condition }) => this.#condition(containerName, condition).promise,
    );
    await Promise.race([Promise.all(all), this.#cause.promise]);
  }

  async #startContainer(container: Container): Promise<void> {
    const { definition } = container;
    const { ports, runContainer } = this.#options;
    await this.#untilDependenciesHold(definition);
    if (this.#stopping.signal.aborted) return;
    try {
      container.run = await runContainer(containerSpec(this.#task, definition, ports));
    } catch (error) {
      container.reason = `CannotStartContainerError: ${error instanceof Error ? error.message : String(error)}`;
      return this.stop({ stopCode: "TaskFailedToStart", stoppedReason: "Task failed to start" });
    }
    // No event of its own: ECS reports containers with their task.
    container.lastStatus = "RUNNING";
    this.#condition(definition.name, "START").resolve();
    this.#watchHealth(container);
    void container.run.exited.then((exit) => this.#exited(container, exit));
  }

  #watchHealth(container: Container): void {
    const check = container.definition.healthCheck;
    if (!check) return;
    const filled = {
      ...check,
      url: check.url && withPorts(check.url, this.#options.ports),
      command: check.command?.map((word) => withPorts(word, this.#options.ports)),
    };
    void watchHealth(filled, this.#stopping.signal, (status) => {
      container.healthStatus = status;
      if (status === "HEALTHY") this.#condition(container.definition.name, "HEALTHY").resolve();
      if (status === "HEALTHY" || this.#task.lastStatus === "RUNNING") return;
      container.reason = `Container ${container.definition.name} failed its health check before its dependents started`;
      this.stop({ stopCode: "TaskFailedToStart", stoppedReason: "Task failed to start" });
    });
  }

  #exited(container: Container, { exitCode, reason }: ContainerExit): void {
    const { name, essential } = container.definition;
    container.exitCode = exitCode;
    container.reason ??= reason;
    container.lastStatus = "STOPPED";
    this.#condition(name, "COMPLETE").resolve();
    if (exitCode === 0) this.#condition(name, "SUCCESS").resolve();
    if (essential === false) return;
    this.stop({ stopCode: "EssentialContainerExited", stoppedReason: "Essential container in task exited" });
  }

  /** Dependents stop before what they depend on, as ECS orders them. */
  #stopContainer(container: Container, cause: StopCause): Promise<void> {
    const found = this.#stops.get(container);
    if (found) return found;
    const dependents = this.#task.containers.filter(({ definition }) =>
      definition.dependsOn?.some(({ containerName }) => containerName === container.definition.name),
    );
    const stop = (async () => {
      await Promise.all(dependents.map(async (dependent) => this.#stopContainer(dependent, cause)));
      if (!container.run) return;
      const timeoutMs = container.definition.stopTimeoutMs ?? STOP_TIMEOUT_MS;
      if (container.lastStatus !== "STOPPED") container.run.signal(cause.hostLost ? "SIGKILL" : "SIGTERM");
      const { run } = container;
      const timer = setTimeout(() => run.signal("SIGKILL"), timeoutMs);
      await run.exited;
      clearTimeout(timer);
      if (cause.hostLost) container.exitCode = undefined;
    })();
    this.#stops.set(container, stop);
    return stop;
  }
}
