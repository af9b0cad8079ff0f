import { lastPart, type Task } from "./task.ts";
import type { TaskRunner } from "./task-runner.ts";

export interface StoredTask {
  task: Task;
  runner: TaskRunner;
}

/** ECS shows stopped tasks for about an hour. */
export const STOPPED_VISIBLE_MS = 3_600_000;

/** The tasks of the endpoint; stopped ones go after an hour. */
export class TaskStore {
  readonly #tasks = new Map<string, StoredTask>();
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  add(stored: StoredTask): void {
    this.#tasks.set(stored.task.id, stored);
  }

  /** By id or ARN. */
  find(cluster: string, idOrArn: string): StoredTask | undefined {
    this.#forget();
    const found = this.#tasks.get(lastPart(idOrArn));
    return found?.task.cluster === cluster ? found : undefined;
  }

  all(cluster?: string): StoredTask[] {
    this.#forget();
    return [...this.#tasks.values()].filter(({ task }) => !cluster || task.cluster === cluster);
  }

  /** vCPUs of everything that has not stopped. */
  vcpuInUse(): number {
    const units = this.all().map(({ task }) => (task.lastStatus === "STOPPED" ? 0 : task.cpu));
    return units.reduce((sum, cpu) => sum + cpu, 0) / 1024;
  }

  #forget(): void {
    const before = this.#now().getTime() - STOPPED_VISIBLE_MS;
    for (const [id, { task }] of this.#tasks) {
      if (task.stoppedAt && task.stoppedAt.getTime() < before) this.#tasks.delete(id);
    }
  }
}
