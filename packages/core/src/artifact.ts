import { z } from "zod";
import { Id } from "./id.ts";
import { LIMITS } from "./limits.ts";
import { PathNames } from "./path-names.ts";

/** More folders inside each other than any app has; what compares paths looks at each of them. */
const PATH_MAX_PARTS = 32;

/** A path inside a version: relative, forward slashes, 32 parts at most, none of them `.` or `..`, no control characters. */
export const FilePath = z
  .string()
  .min(1)
  .max(500)
  .refine((path) => {
    const parts = path.split("/");
    const isPlain = parts.every((part) => part !== "" && part !== "." && part !== "..");
    return isPlain && parts.length <= PATH_MAX_PARTS && !/[\p{Cc}\\]/u.test(path);
  }, "a relative path of 32 parts at most, without . or .. among them");

export const ArtifactFile = z.object({
  path: FilePath,
  sizeBytes: z.int().min(0).max(LIMITS.fileMaxBytes),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ArtifactFile = z.infer<typeof ArtifactFile>;

/** One line of the checklist from the verification that runs outside the model. */
export const Check = z.object({
  name: z.enum(["install", "typecheck", "build", "smoke"]),
  result: z.enum(["passed", "failed", "skipped"]),
  durationMs: z.number().min(0),
  /** The tool's output when it failed, or why it was skipped. */
  output: z.string().max(LIMITS.eventTextMaxChars).optional(),
});
export type Check = z.infer<typeof Check>;

/** A manifest of twice 5,000 files with long paths is smaller. */
export const MANIFEST_MAX_BYTES = 8 * 1024 * 1024;

/** `.env` and `.env.*` may contain secrets; an example file doesn't. */
export const isEnvironmentFile = (path: string): boolean =>
  /(?:^|\/)\.env(?:\.[^/]*)?$/.test(path) && !/\.(?:example|sample|template)$/.test(path);

const Files = z
  .array(ArtifactFile)
  .max(LIMITS.artifactMaxFiles)
  .refine((files) => {
    const names = new PathNames();
    return files.every(({ path }) => names.add(path));
  }, "two paths that are one in some file systems")
  .refine(
    (files) => files.reduce((total, { sizeBytes }) => total + sizeBytes, 0) <= LIMITS.artifactMaxBytes,
    "more bytes than a version may have",
  )
  .refine((files) => !files.some(({ path }) => isEnvironmentFile(path)), "an environment file");

export const Manifest = z
  .object({
    version: z.literal(1),
    appId: Id,
    generationId: Id,
    attempt: z.int().min(1),
    title: z.string().max(200).optional(),
    source: Files,
    dist: Files,
    /** Everything a follow-up continues from: the workspace and the agent's session, one tar.gz. */
    checkpoint: z
      .object({
        key: z.string().max(500),
        sizeBytes: z.int().min(0).max(LIMITS.checkpointMaxBytes),
        sessionId: z.string().max(200).optional(),
      })
      .optional(),
    /** Key of the screenshot that the smoke test took. */
    screenshot: z.string().max(500).optional(),
    checks: z.array(Check).max(20),
    /** Absent if the version is complete. A budget or deadline leaves a partial one. */
    partial: z.boolean().optional(),
    /** The app's pages exist only in its script: an unknown address gets its `index.html` (`preview/address.ts`). */
    routes: z.literal("client").optional(),
    /** The run changed no file of the app and ended with an answer; only its state is stored, for the next request. */
    answered: z.boolean().optional(),
  })
  .refine(
    ({ answered, source, dist }) => answered !== true || (source.length === 0 && dist.length === 0),
    "an answer with files",
  )
  .refine(
    ({ answered, checkpoint }) => answered !== true || checkpoint !== undefined,
    "an answer without its state",
  );
export type Manifest = z.infer<typeof Manifest>;

/** Everything under it expires. */
export const APPS_PREFIX = "apps/";
/** `apps/{appId}/{generationId}/{attempt}/` */
export const attemptPrefix = (appId: Id, generationId: Id, attempt: number) =>
  `${APPS_PREFIX}${appId}/${generationId}/${attempt}/`;
export const appPrefix = (appId: Id) => `${APPS_PREFIX}${appId}/`;
export const manifestKey = (prefix: string) => `${prefix}manifest.json`;
export const sourceKey = (prefix: string, path: string) => `${prefix}source/${path}`;
export const distKey = (prefix: string, path: string) => `${prefix}dist/${path}`;
export const screenshotKey = (prefix: string) => `${prefix}screenshot.png`;
export const checkpointKey = (prefix: string, number: number) => `${prefix}checkpoint/${number}.tar.gz`;

/** Where the files of published sites are: `sites/{appId}/{generationId}/{copyId}/`. They never expire. */
export const SITES_PREFIX = "sites/";
export const appSitePrefix = (appId: Id) => `${SITES_PREFIX}${appId}/`;
export const siteCopyPrefix = (appId: Id, generationId: Id, copyId: Id) =>
  `${appSitePrefix(appId)}${generationId}/${copyId}/`;
