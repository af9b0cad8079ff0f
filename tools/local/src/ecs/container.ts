export interface ContainerSpec {
  taskArn: string;
  taskId: string;
  name: string;
  /** Program and arguments. */
  command: string[];
  /** All that the definition and the overrides say; ports are filled in. */
  environment: Record<string, string>;
  workingDirectory?: string;
  memoryMib: number;
}

export interface ContainerExit {
  /** 128 + signal when a signal ended it. */
  exitCode: number;
  reason?: string;
}

/** One started container. */
export interface ContainerRun {
  /** Settles when it and everything it started are gone. */
  exited: Promise<ContainerExit>;
  signal: (signal: "SIGTERM" | "SIGKILL") => void;
}

/** How containers run: as processes by default, as functions in load tests. Rejects when it cannot start. */
export type RunContainer = (spec: ContainerSpec) => Promise<ContainerRun>;
