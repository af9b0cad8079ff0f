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

/** Every row of the table "How a task ends" in docs/lifecycle.md. */
const ROWS: Record<string, { class: StopClass; retry: boolean; code: string; samples: StoppedTask[] }> = {
  "exit 0 without a result": { class: "clean_exit", retry: true, code: "internal", samples: [exited(0)] },
  "exit with another code": {
    class: "crashed",
    retry: true,
    code: "internal",
    samples: [exited(1), exited(137), exited(143)],
  },
  "`OutOfMemoryError` in a container's reason": {
    class: "out_of_memory",
    retry: true,
    code: "out_of_memory",
    samples: [exited(137, "OutOfMemoryError: Container killed due to memory usage")],
  },
  "our own `leo:cancel`, `leo:orphan`": {
    class: "stopped_by_leo",
    retry: false,
    code: "interrupted",
    samples: [stopped("UserInitiated", "leo:cancel"), stopped("UserInitiated", "leo:orphan")],
  },
  "our own `leo:deadline`": {
    class: "stopped_by_leo",
    retry: false,
    code: "deadline",
    samples: [stopped("UserInitiated", "leo:deadline")],
  },
  "`SpotInterruption`, `TerminationNotice`": {
    class: "spot",
    retry: true,
    code: "interrupted",
    samples: [
      stopped("SpotInterruption", "Your Spot Task was interrupted."),
      stopped("TerminationNotice", "Host EC2 instance terminated."),
    ],
  },
  "`CannotPullContainerError`, timeout": {
    class: "image_transient",
    retry: true,
    code: "image_pull",
    samples: [
      notStarted("CannotPullContainerError: pull image manifest: dial tcp: i/o timeout"),
      notStarted("CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: EOF"),
    ],
  },
  "`CannotPullContainerError`, no such image or denied": {
    class: "image_fatal",
    retry: false,
    code: "image_pull",
    samples: [
      notStarted("CannotPullContainerError: manifest unknown"),
      notStarted("CannotPullContainerError: pull access denied, repository does not exist"),
    ],
  },
  "`ResourceInitializationError`": {
    class: "bootstrap",
    retry: true,
    code: "internal",
    samples: [notStarted("ResourceInitializationError: unable to pull secrets or registry auth")],
  },
  "no network, storage or host; no exit code; stopped from outside": {
    class: "infrastructure",
    retry: true,
    code: "interrupted",
    samples: [
      notStarted("Timeout waiting for network interface provisioning to complete."),
      notStarted("Timeout waiting for EphemeralStorage provisioning to complete."),
      stopped("InfrastructureHealth", "Task stopped because of an infrastructure failure"),
      exited(null),
      stopped("UserInitiated", "Task stopped by user"),
    ],
  },
};

test.each(Object.entries(ROWS))("%s", (_row, { samples, ...expected }) => {
  const verdicts = samples.map((task) => {
    const { class: stopClass, retry, failure } = classifyStop(task);
    return { class: stopClass, retry, code: failure.code };
  });
  expect(verdicts).toEqual(samples.map(() => expected));
});

test("docs/lifecycle.md has these rows, with the class, the code and whether there is a new attempt", () => {
  const [, table = ""] = /## How a task ends\n([\s\S]*?)\n## /.exec(page) ?? [];
  const rows = [...table.matchAll(/^\| (.+?) +\| `(\w+)` +\| `(\w+)` +\| (yes|no)/gm)];
  expect(rows.map(([, ...cells]) => cells)).toEqual(
    Object.entries(ROWS).map(([row, { class: stopClass, code, retry }]) => [
      row,
      stopClass,
      code,
      retry ? "yes" : "no",
    ]),
  );
});

test("out of memory asks for more memory, Spot for on-demand capacity", () => {
  expect(classifyStop(exited(137, "OutOfMemoryError")).moreMemory).toBe(true);
  expect(classifyStop(stopped("TerminationNotice", "")).onDemand).toBe(true);
});
