import { z } from "zod";

/** Why a run ended without a version. The codes are part of the API. */
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
  "model_unavailable",
  "model_limit",
  "model_credential",
  "model_balance",
  "model_unknown",
  "model_address",
  "model_certificate",
  "model_proxy",
  "request_too_large",
  "declined",
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

/** Who can do something about a failure. What belongs to nobody passes by itself. */
export type FailureOwner = "user" | "operator" | "nobody";

/**
 * What an attempt that fails costs its user.
 * - `used`: what it used, whoever says that it failed.
 * - `free_if_seen`: nothing where Leo itself saw the platform fail. What a generator reports is no evidence.
 * - `free_if_few`: nothing, but only so often a day: it is the generator who hears the model's answers.
 */
export type FailurePrice = "used" | "free_if_seen" | "free_if_few";

interface FailureKind {
  /** A sentence for the user: what happened and what to do. */
  message: string;
  owner: FailureOwner;
  price: FailurePrice;
  /** Counts for the operator's alarm; money goes by `price`. */
  platformFault: boolean;
  /** Whether a new attempt can help. */
  retryable: boolean;
}

export const FAILURES: Record<FailureCode, FailureKind> = {
  capacity: {
    message: "No machine was available for this run. Try again in a few minutes.",
    owner: "nobody",
    price: "free_if_seen",
    platformFault: true,
    retryable: false,
  },
  quota: {
    message: "The account has reached its machine limit. Try again when other runs have finished.",
    owner: "operator",
    price: "free_if_seen",
    platformFault: true,
    retryable: false,
  },
  image_pull: {
    message:
      "The machine couldn't load Leo's image. Try again; if it keeps happening, tell your administrator.",
    owner: "operator",
    price: "free_if_seen",
    platformFault: true,
    retryable: true,
  },
  out_of_memory: {
    message: "The run ran out of memory. Try again with a smaller request.",
    owner: "user",
    price: "used",
    platformFault: true,
    retryable: true,
  },
  start_timeout: {
    message: "The machine didn't start in time. Try again.",
    owner: "nobody",
    price: "free_if_seen",
    platformFault: true,
    retryable: true,
  },
  heartbeat_lost: {
    message: "The machine stopped responding. Try again to continue from the last saved state.",
    owner: "nobody",
    price: "free_if_seen",
    platformFault: true,
    retryable: true,
  },
  stalled: {
    message: "The agent made no progress for ten minutes and was stopped. Try again, or reword your request.",
    owner: "nobody",
    price: "used",
    platformFault: true,
    retryable: true,
  },
  deadline: {
    message: "This run hit its time limit. Its work is kept as a draft; ask for a smaller step to continue.",
    owner: "user",
    price: "used",
    platformFault: false,
    retryable: false,
  },
  budget: {
    message:
      "This run hit its spending limit. Its work is kept as a draft; ask for a smaller step to continue.",
    owner: "user",
    price: "used",
    platformFault: false,
    retryable: false,
  },
  agent_error: {
    message: "The agent stopped with an error. Try again, or reword your request.",
    owner: "user",
    price: "used",
    platformFault: false,
    retryable: false,
  },
  tool_timeout: {
    message:
      "One of the agent's commands never finished and was stopped. The run's work is kept as a draft; reword your request so that nothing has to wait.",
    owner: "user",
    price: "used",
    platformFault: false,
    retryable: false,
  },
  process_limit: {
    message:
      "A command started too many processes and was stopped. The run's work is kept as a draft; reword your request.",
    owner: "user",
    price: "used",
    platformFault: false,
    retryable: false,
  },
  workspace_too_large: {
    message: "The app's files grew too large. What fits is kept; ask for smaller or fewer files.",
    owner: "user",
    price: "used",
    platformFault: false,
    retryable: false,
  },
  too_many_files: {
    message: "The run created too many files. What fits is kept; ask for fewer files.",
    owner: "user",
    price: "used",
    platformFault: false,
    retryable: false,
  },
  output_too_large: {
    message:
      "The app is too large for a version. What fits is kept; ask for a smaller app or a smaller step.",
    owner: "user",
    price: "used",
    platformFault: false,
    retryable: false,
  },
  disk_full: {
    message: "The run filled its machine's disk. What fits is kept as a draft; ask for a smaller step.",
    owner: "user",
    price: "used",
    platformFault: false,
    retryable: false,
  },
  verify_failed: {
    message: "The app still fails its checks after several tries. Ask Leo to fix the failed check.",
    owner: "user",
    price: "used",
    platformFault: false,
    retryable: false,
  },
  upload_failed: {
    message: "The app was built but couldn't be saved. Try again.",
    owner: "nobody",
    price: "used",
    platformFault: true,
    retryable: true,
  },
  interrupted: {
    message: "The machine was shut down during the run. Try again to continue from the last saved state.",
    owner: "nobody",
    price: "free_if_seen",
    platformFault: true,
    retryable: true,
  },
  expired: {
    message: "The request waited too long in the queue and never started. It costs nothing. Try again.",
    owner: "nobody",
    price: "free_if_seen",
    platformFault: true,
    retryable: false,
  },
  model_unavailable: {
    message:
      "Claude was unavailable for longer than this run could wait. Try again to pick up where it stopped.",
    owner: "nobody",
    price: "free_if_few",
    platformFault: true,
    retryable: false,
  },
  model_limit: {
    message: "Claude's usage limit has been reached. Try again once it resets.",
    owner: "operator",
    price: "free_if_few",
    platformFault: true,
    retryable: false,
  },
  model_credential: {
    message: "Claude rejected Leo's credential. Ask your administrator to replace it.",
    owner: "operator",
    price: "free_if_few",
    platformFault: true,
    retryable: false,
  },
  model_balance: {
    message: "Leo's Claude account is out of credit. Ask your administrator to top it up.",
    owner: "operator",
    price: "free_if_few",
    platformFault: true,
    retryable: false,
  },
  model_unknown: {
    message: "The model Leo is set to use doesn't exist. Ask your administrator to choose another one.",
    owner: "operator",
    price: "free_if_few",
    platformFault: true,
    retryable: false,
  },
  model_address: {
    message:
      "There is no Claude API at the address that Leo is set to use. Your administrator has to correct it.",
    owner: "operator",
    price: "free_if_few",
    platformFault: true,
    retryable: false,
  },
  model_certificate: {
    message:
      "Leo can't trust the certificate that it gets in place of Claude's. Your administrator has to add its authority.",
    owner: "operator",
    price: "free_if_few",
    platformFault: true,
    retryable: false,
  },
  model_proxy: {
    message:
      "The proxy between Leo and Claude rejects Leo. Your administrator has to correct its address, user or password.",
    owner: "operator",
    price: "free_if_few",
    platformFault: true,
    retryable: false,
  },
  request_too_large: {
    message: "The conversation is too long for the model. Start over, or ask for a smaller step.",
    owner: "user",
    price: "used",
    platformFault: false,
    retryable: false,
  },
  declined: {
    message: "Claude declined this request. Edit it and try again.",
    owner: "user",
    price: "used",
    platformFault: false,
    retryable: false,
  },
  internal: {
    message: "Something went wrong in Leo. Try again; if it keeps happening, tell your administrator.",
    owner: "operator",
    price: "free_if_seen",
    platformFault: true,
    retryable: true,
  },
};

const LAUNCH_CODES: FailureCode[] = ["capacity", "quota", "image_pull", "start_timeout"];
/** What only the orchestrator can know: a generator that names one of them has failed in a way of its own. */
const SEEN_BY_LEO = new Set<FailureCode>([...LAUNCH_CODES, "heartbeat_lost", "stalled", "expired"]);

/** Codes that a generator may report. */
export const REPORTABLE_CODES = FailureCode.options.filter((code) => !SEEN_BY_LEO.has(code));

/** A failure with its standard sentence. `detail` is for the operator and is cut to 8,000 characters. */
export const failure = (code: FailureCode, detail?: string): Failure => ({
  code,
  message: FAILURES[code].message,
  ...(detail ? { detail: detail.slice(0, 8_000) } : {}),
});

/** What is kept of a failure that a generator reports: a code that it may report, and Leo's own sentence. */
export const reportedFailure = ({ code, detail }: Failure): Failure =>
  SEEN_BY_LEO.has(code)
    ? failure("agent_error", `reported as ${code}${detail ? `: ${detail}` : ""}`)
    : failure(code, detail);
