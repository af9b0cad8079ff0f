/**
 * The protocol between the driver and the sandbox's host, over one TCP connection on the task's loopback.
 *
 * A frame is its payload's length (4 bytes, big-endian), its kind (1 byte) and the payload: a message as
 * JSON, or a piece of a stream. The driver sends requests, and the host answers each one once. A request may have
 * three streams, each with its own window: neither side sends more than the other has made room for.
 *
 * The host runs next to the agent and may be under its control. So everything it sends is input: the schemas below
 * bound every field, and a message that doesn't match ends the connection.
 */
import { z } from "zod";
import { Check } from "@leo/core/artifact.ts";
import { Id } from "@leo/core/id.ts";
import { PreviewConditions } from "@leo/core/preview/conditions.ts";

export const SANDBOX_PROTOCOL = 1;

/** Largest message. The longest honest one, with 200 changed files, is 110 KiB. */
export const MESSAGE_MAX_BYTES = 256 * 1024;
/** Largest piece of a stream. */
export const PIECE_MAX_BYTES = 64 * 1024;
/** The most that a stream may hold unread. */
export const WINDOW_BYTES = 256 * 1024;
/** Open requests of the driver: the agent's process and whatever a run needs meanwhile. */
export const REQUESTS_MAX = 64;

export const FRAME = { message: 0, piece: 1 } as const;

/** A request's streams, to the host and from it. The numbers are part of their pieces' frames. */
export const CHANNELS = { input: 0, output: 1, errors: 2 } as const;
export type Channel = keyof typeof CHANNELS;

const RequestId = z.int().min(1);
const AbsolutePath = z
  .string()
  .max(4_096)
  .regex(/^\/[^\0]*$/);
const Count = z.int().min(0);

const credit = z.object({
  type: z.literal("credit"),
  id: RequestId,
  channel: z.enum(["input", "output", "errors"]),
  /** How many more bytes the reader has taken. */
  bytes: z.int().min(1).max(WINDOW_BYTES),
});
const end = z.object({
  type: z.literal("end"),
  id: RequestId,
  channel: z.enum(["input", "output", "errors"]),
});

/** What either side says about a stream. */
export const StreamMessage = z.discriminatedUnion("type", [credit, end]);
export type StreamMessage = z.infer<typeof StreamMessage>;

export const Request = z.discriminatedUnion("operation", [
  /** Runs a command: stdin is `input`, stdout `output`, stderr `errors`. Answered when it has ended. */
  z.object({
    operation: z.literal("exec"),
    command: z.string().min(1),
    args: z.array(z.string()),
    cwd: z.string().optional(),
    env: z.record(z.string(), z.string()),
  }),
  /** Fills the empty workspace with the starter. */
  z.object({ operation: z.literal("prepare") }),
  /** Replaces the workspace and the agent's session with those of the checkpoint that `input` brings. */
  z.object({ operation: z.literal("import") }),
  /**
   * Sends a tar as `output`: of a version (`source/…`, `dist/…`), or of what a checkpoint holds
   * (`workspace/…`, and `session.jsonl` where there is one).
   */
  z.object({
    operation: z.literal("export"),
    what: z.enum(["version", "checkpoint"]),
    sessionId: Id.optional(),
  }),
  /** The files that changed since the last request. */
  z.object({ operation: z.literal("changes") }),
  /** A fingerprint of the app's content, to tell whether any file has changed. */
  z.object({ operation: z.literal("fingerprint") }),
  /** What the run uses of each limited resource. */
  z.object({ operation: z.literal("measure") }),
  /** The size of what a version would hold. */
  z.object({ operation: z.literal("measure_output") }),
  /** Checks the app; `output` is the screenshot, empty where there is none. */
  z.object({ operation: z.literal("verify"), preview: PreviewConditions }),
  /** A path with every link in it resolved. */
  z.object({ operation: z.literal("resolve"), path: z.string() }),
  /** Gives the workspace its own copy of the packages, before some are changed. */
  z.object({ operation: z.literal("own_packages") }),
  /** Removes the environment files of the workspace. */
  z.object({ operation: z.literal("remove_environment_files") }),
  z.object({ operation: z.literal("has_session"), sessionId: Id }),
  /** Starts the browser of the smoke test, and loads what packs an archive, ahead of their use. */
  z.object({ operation: z.literal("warm_up") }),
  /** Kills every process of the run but the host. */
  z.object({ operation: z.literal("kill_all") }),
]);
export type Request = z.infer<typeof Request>;
export type Operation = Request["operation"];

export const Signal = z.enum(["SIGINT", "SIGTERM", "SIGKILL"]);
export type Signal = z.infer<typeof Signal>;

export const FromDriver = z.discriminatedUnion("type", [
  /** Sent first. The key proves that this is the driver of the host's own task. */
  z.object({
    type: z.literal("hello"),
    protocol: z.literal(SANDBOX_PROTOCOL),
    key: z.string().max(200),
  }),
  z.object({ type: z.literal("request"), id: RequestId, request: Request }),
  /** For the process group of an `exec`. */
  z.object({ type: z.literal("signal"), id: RequestId, signal: Signal }),
  /** Nobody waits for the answer any more, but the host still has to send one. */
  z.object({ type: z.literal("cancel"), id: RequestId }),
  credit,
  end,
]);
export type FromDriver = z.infer<typeof FromDriver>;

export const SandboxPaths = z.object({
  root: AbsolutePath,
  workspace: AbsolutePath,
  home: AbsolutePath,
  temporary: AbsolutePath,
});

export const FromHost = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    protocol: z.literal(SANDBOX_PROTOCOL),
    paths: SandboxPaths,
    /** The starter and its installed packages. */
    templateDir: AbsolutePath,
  }),
  z.object({ type: z.literal("result"), id: RequestId, result: z.unknown() }),
  /** `code` is the operating system's, such as `ENOSPC`. */
  z.object({
    type: z.literal("failed"),
    id: RequestId,
    message: z.string().max(4_000),
    code: z.string().max(40).optional(),
  }),
  credit,
  end,
]);
export type FromHost = z.infer<typeof FromHost>;

const Nothing = z.object({});

/** The result of each operation. */
export const RESULTS = {
  exec: z.object({ exitCode: z.int().nullable(), signal: z.string().max(20).nullable() }),
  prepare: Nothing,
  import: Nothing,
  export: z.object({
    /** The first of the files that a version may not hold, and their total number. */
    rejected: z.array(z.object({ path: z.string().max(500), reason: z.string().max(200) })).max(20),
    rejectedCount: Count,
  }),
  changes: z.object({
    /** Grows with each change. */
    version: Count,
    changes: z
      .array(
        z.object({
          type: z.literal("file_changed"),
          path: z.string().max(500),
          change: z.enum(["created", "modified", "deleted"]),
          sizeBytes: Count.optional(),
        }),
      )
      .max(200),
  }),
  fingerprint: z.object({ fingerprint: z.string().regex(/^[0-9a-f]{64}$/) }),
  measure: z.object({ processes: Count, files: Count, sizeBytes: Count, freeBytes: z.number().min(0) }),
  measure_output: z.object({ outputFiles: Count, sizeBytes: Count }),
  verify: z.object({ checks: z.array(Check).max(20) }),
  resolve: z.object({ path: z.string().max(8_192).optional() }),
  own_packages: Nothing,
  /** The first of the removed files, and their total number. */
  remove_environment_files: z.object({ paths: z.array(z.string().max(500)).max(20), count: Count }),
  has_session: z.object({ found: z.boolean() }),
  warm_up: Nothing,
  kill_all: Nothing,
} satisfies Record<Operation, z.ZodType>;

export type Result<O extends Operation> = z.infer<(typeof RESULTS)[O]>;
