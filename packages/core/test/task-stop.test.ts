import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { classifyStop, type StopClass, type StoppedTask } from "../src/task-stop.ts";

const page = await readFile(new URL("../../../docs/lifecycle.md", import.meta.url), "utf8");

const leo = (exitCode: number | null, reason?: string) => [
  { name: "leo", exitCode, ...(reason ? { reason } : {}) },
];
const exited = (exitCode: number | null, reason?: string): StoppedTask => ({
  stopCode: "EssentialContainerExited",
  stoppedReason: "Essential container in task exited",
  containers: leo(exitCode, reason),
});
const OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage";
const withSandbox = (driver: number | null, sandbox: number | null, reason?: string): StoppedTask => ({
  ...exited(driver),
  containers: [...leo(driver), { name: "sandbox", exitCode: sandbox, ...(reason ? { reason } : {}) }],
});
const stopped = (stopCode: string, stoppedReason: string): StoppedTask => ({
  stopCode,
  stoppedReason,
  containers: leo(143),
});
const notStarted = (stoppedReason: string): StoppedTask => ({
  stopCode: "TaskFailedToStart",
  stoppedReason,
  containers: leo(null),
});

/** Every row of "How a task ends" in docs/lifecycle.md. */
const ROWS: Record<
  string,
  { class: StopClass; retry: boolean; code: string; pays: "user" | "nobody"; samples: StoppedTask[] }
> = {
  "exit 0 without a result": {
    class: "clean_exit",
    retry: true,
    code: "internal",
    pays: "user",
    samples: [exited(0)],
  },
  "the driver's exit 3: its sandbox ended": {
    class: "sandbox_lost",
    retry: true,
    code: "agent_error",
    pays: "user",
    samples: [exited(3), withSandbox(3, 137), withSandbox(3, 0), withSandbox(null, 137)],
  },
  "another exit code of the driver": {
    class: "crashed",
    retry: true,
    code: "internal",
    pays: "nobody",
    samples: [exited(1), exited(137), exited(143), withSandbox(1, 0), withSandbox(137, 143)],
  },
  "`OutOfMemoryError` in the driver's reason": {
    class: "crashed",
    retry: true,
    code: "internal",
    pays: "nobody",
    samples: [exited(137, OUT_OF_MEMORY)],
  },
  "`OutOfMemoryError` in another reason": {
    class: "out_of_memory",
    retry: true,
    code: "out_of_memory",
    pays: "user",
    samples: [withSandbox(3, 137, OUT_OF_MEMORY), withSandbox(143, 137, OUT_OF_MEMORY)],
  },
  "our own `leo:cancel`, `leo:orphan`": {
    class: "stopped_by_leo",
    retry: false,
    code: "interrupted",
    pays: "user",
    samples: [stopped("UserInitiated", "leo:cancel"), stopped("UserInitiated", "leo:orphan")],
  },
  "our own `leo:deadline`": {
    class: "stopped_by_leo",
    retry: false,
    code: "deadline",
    pays: "user",
    samples: [stopped("UserInitiated", "leo:deadline")],
  },
  "our own `leo:output-too-large`": {
    class: "stopped_by_leo",
    retry: false,
    code: "output_too_large",
    pays: "user",
    samples: [stopped("UserInitiated", "leo:output-too-large")],
  },
  "`SpotInterruption`, `TerminationNotice`": {
    class: "spot",
    retry: true,
    code: "interrupted",
    pays: "nobody",
    samples: [
      stopped("SpotInterruption", "Your Spot Task was interrupted."),
      stopped("TerminationNotice", "Host EC2 instance terminated."),
    ],
  },
  "`CannotPullContainerError`, timeout": {
    class: "image_transient",
    retry: true,
    code: "image_pull",
    pays: "nobody",
    samples: [
      notStarted("CannotPullContainerError: pull image manifest: dial tcp: i/o timeout"),
      notStarted("CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: EOF"),
    ],
  },
  "`CannotPullContainerError`, missing or denied": {
    class: "image_fatal",
    retry: false,
    code: "image_pull",
    pays: "nobody",
    samples: [
      notStarted("CannotPullContainerError: manifest unknown"),
      notStarted("CannotPullContainerError: pull access denied, repository does not exist"),
    ],
  },
  "`ResourceInitializationError`": {
    class: "bootstrap",
    retry: true,
    code: "internal",
    pays: "nobody",
    samples: [notStarted("ResourceInitializationError: unable to pull secrets or registry auth")],
  },
  "no network, storage, host or exit code": {
    class: "infrastructure",
    retry: true,
    code: "interrupted",
    pays: "nobody",
    samples: [
      notStarted("Timeout waiting for network interface provisioning to complete."),
      notStarted("Timeout waiting for EphemeralStorage provisioning to complete."),
      stopped("InfrastructureHealth", "Task stopped because of an infrastructure failure"),
      exited(null),
    ],
  },
  "stopped from outside Leo": {
    class: "infrastructure",
    retry: true,
    code: "interrupted",
    pays: "nobody",
    samples: [stopped("UserInitiated", "Task stopped by user")],
  },
};

test.each(Object.entries(ROWS))("%s", (_row, { samples, ...expected }) => {
  const verdicts = samples.map((task) => {
    const { class: stopClass, retry, failure, isPlatformFault } = classifyStop(task);
    return { class: stopClass, retry, code: failure.code, pays: isPlatformFault ? "nobody" : "user" };
  });
  expect(verdicts).toEqual(samples.map(() => expected));
});

test("docs/lifecycle.md lists these rows with class, code, retry and who pays", () => {
  const [, table = ""] = /## How a task ends\n([\s\S]*?)\n## /.exec(page) ?? [];
  const rows = [...table.matchAll(/^\| (.+?) +\| `(\w+)` +\| `(\w+)` +\| (yes|no)[^|]*\| (user|nobody)/gm)];
  expect(rows.map(([, ...cells]) => cells)).toEqual(
    Object.entries(ROWS).map(([row, { class: stopClass, code, retry, pays }]) => [
      row,
      stopClass,
      code,
      retry ? "yes" : "no",
      pays,
    ]),
  );
});

test("out of memory asks for more memory, Spot for on-demand capacity", () => {
  expect(classifyStop(withSandbox(3, 137, OUT_OF_MEMORY)).moreMemory).toBe(true);
  expect(classifyStop(stopped("TerminationNotice", "")).onDemand).toBe(true);
});

test("a stop of Leo's own is the platform's fault only where the task never started or ECS lost its host", () => {
  const isFault = (task: StoppedTask) => classifyStop(task).isPlatformFault;
  expect(isFault(stopped("UserInitiated", "leo:heartbeat-lost"))).toBe(false);
  expect(isFault(stopped("UserInitiated", "leo:stalled"))).toBe(false);
  expect(isFault(stopped("UserInitiated", "leo:start-timeout"))).toBe(true);
  expect(isFault(stopped("SpotInterruption", "leo:heartbeat-lost"))).toBe(true);
});
