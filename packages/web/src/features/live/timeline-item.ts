import type { Check } from "@leo/core/artifact.ts";
import type { Event, Fact } from "@leo/core/event.ts";
import type { Failure } from "@leo/core/failure.ts";

export type EventOf<Type extends Fact["type"]> = Extract<Fact, { type: Type }> & Pick<Event, "seq" | "at">;

export interface FileChange {
  path: string;
  change: "created" | "modified" | "deleted";
  sizeBytes?: number;
}

export interface StartStep {
  step: EventOf<"attempt_progress">["step"] | "queued";
  text?: string;
  at: string;
}

/** A request that was added while the agent works and that no turn has taken yet. */
export interface QueuedMessage {
  messageId: string;
  text: string;
  at: string;
}

/** What an item shows, without its place. */
type Content =
  /** The way from the queue to a connected generator, one item per attempt. */
  | { kind: "start"; attempt: number; steps: StartStep[]; done: boolean }
  /** `brokenOff`: the answer never came to its end. It goes once the model says anything else. */
  | { kind: "text"; blockId: string; text: string; done: boolean; brokenOff?: boolean }
  | {
      kind: "tool";
      toolUseId: string;
      name: string;
      target?: string;
      /** `stopped`: the run was being ended, so that it says nothing about the tool. */
      status: "running" | "succeeded" | "failed" | "stopped";
      result?: string;
      endedAt?: string;
      /** What the tool did to the file it worked on. */
      change?: FileChange;
    }
  /** Files that changed without a tool naming them. */
  | { kind: "files"; changes: FileChange[] }
  | { kind: "step"; step: EventOf<"progress">["step"]; text?: string; retryAt?: string }
  | { kind: "plan"; text: string }
  | { kind: "checks"; round: number; passed: boolean; checks: Check[] }
  | { kind: "stored"; fileCount: number; sizeBytes: number; durationMs: number }
  | { kind: "notice"; level: "warn" | "error"; text: string }
  | { kind: "message"; messageId: string; text: string; status: "taken" | "returned" }
  | (Pick<EventOf<"version_copied">, "fromVersion" | "fromApp"> & { kind: "copied" })
  | (Pick<EventOf<"push">, "state" | "repository" | "commitUrl" | "failure"> & { kind: "push" })
  | { kind: "end"; state: "completed" | "answered" | "failed" | "cancelled"; failure?: Failure };

/** One row of the timeline. Several events may fold into one; `seq` and `at` are those of the first. */
export type TimelineItem = Content & { seq: number; at: string };
export type ItemOf<Kind extends TimelineItem["kind"]> = Extract<TimelineItem, { kind: Kind }>;
