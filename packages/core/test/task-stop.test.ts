import { expect, test } from "vitest";
import { classifyStop, type StopClass, type StoppedTask } from "../src/task-stop.ts";

const leo = (exitCode: number | null, reason?: string) => [
  { name: "leo", exitCode, ...(reason ? { reason } : {}) },
];

const CASES: [
  name: string,
  task: StoppedTask,
  expected: { class: StopClass; retry: boolean; code: string },
][] = [
  [
    "exit 0 without a result",
    {
      stopCode: "EssentialContainerExited",
      stoppedReason: "Essential container in task exited",
      containers: leo(0),
    },
    { class: "clean_exit", retry: true, code: "internal" },
  ],
  [
    "a crash",
    {
      stopCode: "EssentialContainerExited",
      stoppedReason: "Essential container in task exited",
      containers: leo(1),
    },
    { class: "crashed", retry: true, code: "internal" },
  ],
  [
    "out of memory",
    {
      stopCode: "EssentialContainerExited",
      stoppedReason: "Essential container in task exited",
      containers: leo(137, "OutOfMemoryError: Container killed due to memory usage"),
    },
    { class: "out_of_memory", retry: true, code: "out_of_memory" },
  ],
  [
    "our own cancel",
    { stopCode: "UserInitiated", stoppedReason: "leo:cancel", containers: leo(143) },
    { class: "stopped_by_leo", retry: false, code: "interrupted" },
  ],
  [
    "our own deadline",
    { stopCode: "UserInitiated", stoppedReason: "leo:deadline", containers: leo(143) },
    { class: "stopped_by_leo", retry: false, code: "deadline" },
  ],
  [
    "a Spot interruption",
    { stopCode: "SpotInterruption", stoppedReason: "Your Spot Task was interrupted.", containers: leo(143) },
    { class: "spot", retry: true, code: "interrupted" },
  ],
  [
    "an image pull that timed out",
    {
      stopCode: "TaskFailedToStart",
      stoppedReason: "CannotPullContainerError: pull image manifest: dial tcp: i/o timeout",
      containers: leo(null),
    },
    { class: "image_transient", retry: true, code: "image_pull" },
  ],
  [
    "an image that does not exist",
    {
      stopCode: "TaskFailedToStart",
      stoppedReason: "CannotPullContainerError: manifest unknown",
      containers: leo(null),
    },
    { class: "image_fatal", retry: false, code: "image_pull" },
  ],
  [
    "a secret that could not be read at start",
    {
      stopCode: "TaskFailedToStart",
      stoppedReason: "ResourceInitializationError: unable to pull secrets or registry auth",
      containers: leo(null),
    },
    { class: "bootstrap", retry: true, code: "internal" },
  ],
  [
    "a network interface that never came",
    {
      stopCode: "TaskFailedToStart",
      stoppedReason: "Timeout waiting for network interface provisioning to complete.",
      containers: leo(null),
    },
    { class: "infrastructure", retry: true, code: "interrupted" },
  ],
  [
    "a container without an exit code",
    { stopCode: "EssentialContainerExited", containers: leo(null) },
    { class: "infrastructure", retry: true, code: "interrupted" },
  ],
];

test.each(CASES)("%s", (_name, task, expected) => {
  const { class: stopClass, retry, failure } = classifyStop(task);
  expect({ class: stopClass, retry, code: failure.code }).toEqual(expected);
});

test("out of memory asks for more memory, Spot for on-demand capacity", () => {
  const memory = classifyStop({
    stopCode: "EssentialContainerExited",
    containers: leo(137, "OutOfMemoryError"),
  });
  const spot = classifyStop({ stopCode: "TerminationNotice", containers: leo(143) });
  expect(memory.moreMemory).toBe(true);
  expect(spot.onDemand).toBe(true);
});
