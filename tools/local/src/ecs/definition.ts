/** A task definition as the local endpoint runs it: like ECS's, with a command line in place of an image. */
export interface ContainerDefinition {
  name: string;
  /** Program and arguments. */
  command: string[];
  environment?: Record<string, string>;
  /** Environment that no API call shows (ECS's `secrets`). */
  secrets?: Record<string, string>;
  /** When it exits, the task stops. Default true. */
  essential?: boolean;
  dependsOn?: { containerName: string; condition: "START" | "HEALTHY" | "COMPLETE" | "SUCCESS" }[];
  healthCheck?: HealthCheck;
  /** Between SIGTERM and SIGKILL; Fargate: 30 s by default, at most 120 s. */
  stopTimeoutMs?: number;
  workingDirectory?: string;
}

export interface HealthCheck {
  /** Healthy when `GET url` answers 2xx … */
  url?: string;
  /** … or this program exits 0. */
  command?: string[];
  intervalMs?: number;
  timeoutMs?: number;
  /** Failures in a row before the container counts as unhealthy. */
  retries?: number;
}

export interface TaskDefinition {
  family: string;
  revision: number;
  /** CPU units, 1024 = 1 vCPU. */
  cpu: number;
  memoryMib: number;
  containers: ContainerDefinition[];
  active: boolean;
}

export type NewTaskDefinition = Omit<TaskDefinition, "revision" | "active">;

const MIB = 1024;
const range = (from: number, to: number, step: number): number[] =>
  Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step);

/** Memory sizes (MiB) that Fargate has for each CPU size. */
const FARGATE_SIZES: Record<number, number[]> = {
  256: [512, MIB, 2 * MIB],
  512: range(MIB, 4 * MIB, MIB),
  1024: range(2 * MIB, 8 * MIB, MIB),
  2048: range(4 * MIB, 16 * MIB, MIB),
  4096: range(8 * MIB, 30 * MIB, MIB),
  8192: range(16 * MIB, 60 * MIB, 4 * MIB),
  16384: range(32 * MIB, 120 * MIB, 8 * MIB),
};

export const fargateHas = (cpu: number, memoryMib: number): boolean =>
  FARGATE_SIZES[cpu]?.includes(memoryMib) ?? false;

const PORT = /\{\{port:([A-Za-z0-9_-]+)\}\}/g;

/** Names of the ports that a definition's `{{port:NAME}}` placeholders ask for. */
export const portNames = (definition: TaskDefinition): string[] => {
  const text = JSON.stringify(definition.containers);
  return [...new Set([...text.matchAll(PORT)].map((match) => match[1] ?? ""))];
};

/** Puts the task's ports in place of the placeholders. */
export const withPorts = (text: string, ports: ReadonlyMap<string, number>): string =>
  text.replaceAll(PORT, (_, name: string) => String(ports.get(name)));
