import type { ContainerSpec } from "./container.ts";
import { withPorts, type ContainerDefinition } from "./definition.ts";
import type { Task } from "./task.ts";

/** What one container of a task runs: its definition, then the overrides, with the task's ports filled in. */
export const containerSpec = (
  task: Task,
  definition: ContainerDefinition,
  ports: ReadonlyMap<string, number>,
): ContainerSpec => {
  const override = task.overrides.containerOverrides?.find(({ name }) => name === definition.name);
  const overridden = (override?.environment ?? []).map(({ name, value }) => [name, value] as const);
  const defined = Object.entries({ ...definition.environment, ...definition.secrets }).map(
    ([name, value]) => [name, withPorts(value, ports)] as const,
  );
  return {
    taskArn: task.arn,
    taskId: task.id,
    name: definition.name,
    command: override?.command ?? definition.command.map((word) => withPorts(word, ports)),
    environment: Object.fromEntries([...defined, ...overridden]),
    workingDirectory: definition.workingDirectory,
    memoryMib: override?.memory ?? task.memoryMib,
  };
};
