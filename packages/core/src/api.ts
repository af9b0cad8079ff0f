/** Request and response bodies of the HTTP API, shared by the orchestrator and the web UI. */
import { z } from "zod";
import { UserLimits } from "./account.ts";
import { ArtifactFile, Check } from "./artifact.ts";
import { Event } from "./event.ts";
import { App, AppName, Generation, GenerationMode, Prompt } from "./generation.ts";
import { Id } from "./id.ts";
import { LimitDetails } from "./limit-refusal.ts";

/** The one list of error codes and their HTTP status. */
export const ERROR_STATUS = {
  bad_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  /** The files contain apparent secrets; the details are `Findings`. Continues once confirmed. */
  secrets_found: 409,
  payload_too_large: 413,
  rate_limited: 429,
  limit_reached: 429,
  internal: 500,
  unavailable: 503,
} as const;
export type ErrorCode = keyof typeof ERROR_STATUS;

export const ApiError = z.object({
  error: z.object({
    code: z.enum(Object.keys(ERROR_STATUS) as [ErrorCode, ...ErrorCode[]]),
    message: z.string(),
    details: z.unknown().optional(),
  }),
});
export type ApiError = z.infer<typeof ApiError>;

/** A 429 response. */
export const LimitError = z.object({
  error: ApiError.shape.error.extend({ details: LimitDetails }),
});
export type LimitError = z.infer<typeof LimitError>;

export const PublicConfig = z.object({
  mode: z.enum(["local", "aws"]),
  /** True if a scripted model replaces a real one. */
  modelIsMock: z.boolean(),
  /** Host of the Messages API, if it isn't Anthropic's own. */
  modelEndpoint: z.string().optional(),
  supabaseUrl: z.string(),
  supabaseAnonKey: z.string(),
  /** `{generationId}` is replaced by the id. */
  previewUrlTemplate: z.string(),
  /** Whether versions can be pushed to GitHub on this installation. */
  github: z.boolean(),
  limits: z.object({
    promptMaxChars: z.int(),
    ...UserLimits.shape,
    retentionDays: z.int(),
  }),
});
export type PublicConfig = z.infer<typeof PublicConfig>;

export const CreateApp = z.object({
  prompt: Prompt,
  name: AppName.optional(),
  mode: GenerationMode.optional(),
});
export const CreatedApp = z.object({ app: App, generation: Generation });
export const CreateGeneration = z.object({
  prompt: Prompt,
  mode: GenerationMode.optional(),
  /** Continue from this version or draft instead of the newest. */
  baseGenerationId: Id.optional(),
  /** Start from nothing; the app's existing files stay in its versions. */
  startOver: z.boolean().optional(),
});
export const CopyVersion = z.object({ name: AppName.optional() });
export const RenameApp = z.object({ name: AppName });
export const AppList = z.object({ apps: z.array(App), nextCursor: z.string().optional() });
export const AppDetail = z.object({ app: App, generations: z.array(Generation) });
/** A link that shows the running app to anyone who has it. */
export const Share = z.object({
  id: Id,
  /** The version it shows; absent: always the newest. */
  generationId: Id.optional(),
  createdAt: z.iso.datetime(),
  /** How often it was opened. */
  seenCount: z.int(),
  lastSeenAt: z.iso.datetime().optional(),
});
export type Share = z.infer<typeof Share>;
export const CreateShare = z.object({ generationId: Id.optional() });
/** The address appears here and never again. */
export const CreatedShare = z.object({ share: Share, url: z.string() });
export const ShareList = z.object({ shares: z.array(Share) });
export const EventPage = z.object({ events: z.array(Event), lastSeq: z.int() });
export const AddUserMessage = z.object({ text: Prompt });
export const AddedUserMessage = z.object({ messageId: Id });
/** A request that was added to a run. It can be changed and removed while it is `waiting`. */
export const UserMessage = z.object({
  id: Id,
  text: z.string(),
  createdAt: z.iso.datetime(),
  /** `delivered`: its generator has it; `taken`: a turn answers it; `returned`: the run ended without one. */
  state: z.enum(["waiting", "delivered", "taken", "returned"]),
});
export type UserMessage = z.infer<typeof UserMessage>;
export const UserMessageList = z.object({ messages: z.array(UserMessage) });
export const FileList = z.object({
  source: z.array(ArtifactFile),
  dist: z.array(ArtifactFile),
  checks: z.array(Check),
});
export const FileDiff = z.object({
  path: z.string(),
  change: z.enum(["created", "modified", "deleted"]),
  /** Absent where the file does not exist on that side, is binary, or is too large to show. */
  before: z.string().optional(),
  after: z.string().optional(),
  binary: z.boolean(),
  tooLarge: z.boolean().optional(),
});
export type FileDiff = z.infer<typeof FileDiff>;
export const Diff = z.object({ baseGenerationId: Id, files: z.array(FileDiff) });
export type Diff = z.infer<typeof Diff>;
export const Usage = z.object({
  running: z.int(),
  queued: z.int(),
  /** Requests since midnight UTC, those of deleted apps included. */
  generationsToday: z.int(),
  /** Charged since midnight UTC for runs that have ended. */
  spentTodayUsd: z.number(),
  /** Reserved today for queued and running requests: the most they can cost. */
  reservedTodayUsd: z.number(),
  /** The last 30 UTC days, today last. */
  days: z.array(z.object({ day: z.iso.date(), usd: z.number(), generations: z.int() })),
  /** The limits in effect for this user. */
  limits: PublicConfig.shape.limits,
});
export type Usage = z.infer<typeof Usage>;
