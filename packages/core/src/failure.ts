import { z } from "zod";

/** Why a generation ended without a version. The codes are part of the API. */
export const FailureCode = z.enum([
  "capacity",
  "quota",
  "image_pull",
  "out_of_memory",
  "start_timeout",
  "heartbeat_lost",
  "stalled",
  "deadline",
  "budget",
  "agent_error",
  "tool_timeout",
  "process_limit",
  "workspace_too_large",
  "too_many_files",
  "output_too_large",
  "disk_full",
  "verify_failed",
  "upload_failed",
  "interrupted",
  "expired",
  "internal",
]);
export type FailureCode = z.infer<typeof FailureCode>;

export const Failure = z.object({
  code: FailureCode,
  /** What happened and what to do, for the person who asked. */
  message: z.string().max(2_000),
  /** For the operator: an ECS reason, a compiler's output. Scrubbed before it is stored. */
  detail: z.string().max(8_000).optional(),
});
export type Failure = z.infer<typeof Failure>;

interface FailureKind {
  /** A sentence for the user: what happened and what to do. */
  message: string;
  /** The platform's fault: costs the user nothing. */
  platformFault: boolean;
  /** Whether a new attempt can help. */
  retryable: boolean;
}

export const FAILURES: Record<FailureCode, FailureKind> = {
  capacity: {
    message: "There was no free machine for this run. Try again in a few minutes.",
    platformFault: true,
    retryable: false,
  },
  quota: {
    message: "The account's machine limit is reached. Try again when other runs have finished.",
    platformFault: true,
    retryable: false,
  },
  image_pull: {
    message:
      "The generator's image could not be loaded. Try again; if it keeps happening, tell your administrator.",
    platformFault: true,
    retryable: true,
  },
  out_of_memory: {
    message: "The run needed more memory than it had. Try again with a smaller request.",
    platformFault: true,
    retryable: true,
  },
  start_timeout: {
    message: "The generator did not start in time. Try again.",
    platformFault: true,
    retryable: true,
  },
  heartbeat_lost: {
    message: "The machine stopped answering. Try again to continue from the last saved state.",
    platformFault: true,
    retryable: true,
  },
  stalled: {
    message: "The agent did nothing for ten minutes and was stopped. Try again, or reword the request.",
    platformFault: true,
    retryable: true,
  },
  deadline: {
    message:
      "This run reached its time limit. What it has made is kept as a draft; ask for a smaller step to continue.",
    platformFault: false,
    retryable: false,
  },
  budget: {
    message:
      "This run reached its budget. What it has made is kept as a draft; ask for a smaller step to continue.",
    platformFault: false,
    retryable: false,
  },
  agent_error: {
    message: "The agent ended with an error. Try again, or reword the request.",
    platformFault: false,
    retryable: false,
  },
  tool_timeout: {
    message:
      "A command of the agent never returned and was stopped. What the run has made is kept as a draft; reword the request so that nothing has to wait.",
    platformFault: false,
    retryable: false,
  },
  process_limit: {
    message:
      "A command started more processes than a run may have and was stopped. What the run has made is kept as a draft; reword the request.",
    platformFault: false,
    retryable: false,
  },
  workspace_too_large: {
    message:
      "The files of the app grew beyond the size that a run may have. What fits is kept; ask for smaller or fewer files.",
    platformFault: false,
    retryable: false,
  },
  too_many_files: {
    message: "The run made more files than it may have. What fits is kept; ask for fewer files.",
    platformFault: false,
    retryable: false,
  },
  output_too_large: {
    message:
      "The run put out more than a version can hold. What fits is kept; ask for a smaller app or a smaller step.",
    platformFault: false,
    retryable: false,
  },
  disk_full: {
    message: "The run used up the disk of its machine. What fits is kept as a draft; ask for a smaller step.",
    platformFault: false,
    retryable: false,
  },
  verify_failed: {
    message:
      "The app did not pass its checks after several tries. Ask the agent to fix the check that failed.",
    platformFault: false,
    retryable: false,
  },
  upload_failed: {
    message: "The app was built but could not be stored. Try again.",
    platformFault: true,
    retryable: true,
  },
  interrupted: {
    message: "The machine was taken away during the run. Try again to continue from the last saved state.",
    platformFault: true,
    retryable: true,
  },
  expired: {
    message:
      "The request waited too long for a free place, so it was not started and costs nothing. Try again.",
    platformFault: true,
    retryable: false,
  },
  internal: {
    message: "Something went wrong in Leo. Try again; if it keeps happening, tell your administrator.",
    platformFault: true,
    retryable: true,
  },
};

/** A failure with its standard sentence. `detail` is for the operator and is cut to 8,000 characters. */
export const failure = (code: FailureCode, detail?: string): Failure => ({
  code,
  message: FAILURES[code].message,
  ...(detail ? { detail: detail.slice(0, 8_000) } : {}),
});
