/** The operations that the host performs for the driver, apart from running commands. */
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { errorText, isSystemError } from "../../error-text.ts";
import { measure, measureOutput } from "../../limits/measure.ts";
import { killFamily } from "../../process/family.ts";
import type { RunBrowser } from "../../verify/browser.ts";
import { loadTar, packExport, unpackCheckpoint } from "../../workspace/archive.ts";
import { removeEnvironmentFiles } from "../../workspace/environment-files.ts";
import { fingerprint } from "../../workspace/fingerprint.ts";
import { installDependencies } from "../../workspace/install.ts";
import type { RunPaths } from "../../run-paths.ts";
import { linkModules, ownModules } from "../../workspace/template.ts";
import { prepareStarter } from "../../workspace/prepare.ts";
import { hasSession } from "../../workspace/session.ts";
import type { FileTracker } from "../../workspace/tracker.ts";
import type { Operation, Request, Result } from "../protocol.ts";

/** What belongs to the run on this machine. */
export interface Place {
  paths: RunPaths;
  templateDir: string;
  tracker: FileTracker;
  browser: RunBrowser;
}

interface Streams {
  signal: AbortSignal;
  input: () => Readable;
  output: () => Writable;
}

type Handlers = {
  [O in Exclude<Operation, "exec">]: (
    place: Place,
    request: Extract<Request, { operation: O }>,
    streams: Streams,
  ) => Promise<Result<O>>;
};

/** Resolves every link in a path, even if its last parts don't exist yet. */
export const resolveLinks = async (path: string): Promise<string> => {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isSystemError(error, "ENOENT") || dirname(path) === path) throw error;
    return join(await resolveLinks(dirname(path)), basename(path));
  }
};

const HANDLERS: Handlers = {
  prepare: async ({ paths, templateDir }) => {
    prepareStarter(paths, templateDir);
    return {};
  },
  import: async ({ paths, templateDir }, _request, { input, signal }) => {
    await unpackCheckpoint(paths, input(), signal);
    linkModules(templateDir, paths.workspace);
    await installDependencies({ paths, templateDir, signal });
    return {};
  },
  export: async ({ paths }, { what, sessionId }, { output, signal }) => {
    const { archive, rejected } = await packExport(paths, what, sessionId);
    await pipeline(archive, output(), { signal });
    return {
      rejected: rejected.slice(0, 20).map(({ path, reason }) => ({ path: path.slice(0, 500), reason })),
      rejectedCount: rejected.length,
    };
  },
  changes: async ({ tracker }) => {
    const changes = await tracker.changes();
    return { version: tracker.version, changes };
  },
  fingerprint: async ({ paths }) => ({ fingerprint: await fingerprint(paths.workspace) }),
  measure: ({ paths }) => measure(paths),
  measure_output: ({ paths }) => measureOutput(paths),
  verify: async ({ paths, templateDir, browser }, { preview }, { output, signal }) => {
    const { verify } = await import("../../verify/verify.ts");
    const { checks, screenshot } = await verify({ paths, templateDir, browser, preview, signal });
    await pipeline([screenshot ?? Buffer.alloc(0)], output(), { signal });
    return { checks };
  },
  resolve: async (_place, { path }) => {
    try {
      return { path: await resolveLinks(path) };
    } catch (error) {
      // Such as a loop of links: the path is unusable.
      if (error instanceof Error) return {};
      throw new Error(errorText(error), { cause: error });
    }
  },
  own_packages: async ({ paths, templateDir }) => {
    await ownModules(templateDir, paths.workspace);
    return {};
  },
  remove_environment_files: async ({ paths }) => {
    const removed = await removeEnvironmentFiles(paths.workspace);
    return { paths: removed.slice(0, 20).map((path) => path.slice(0, 500)), count: removed.length };
  },
  has_session: async ({ paths }, { sessionId }) => ({ found: await hasSession(paths, sessionId) }),
  warm_up: async ({ browser }) => {
    browser.warm();
    await loadTar();
    return {};
  },
  kill_all: async ({ paths }) => {
    await killFamily(paths.home);
    return {};
  },
};

/** Performs one operation. @throws whatever goes wrong */
export const operate = (
  place: Place,
  request: Exclude<Request, { operation: "exec" }>,
  streams: Streams,
): Promise<unknown> => {
  const handler = HANDLERS[request.operation] as (
    place: Place,
    request: Request,
    streams: Streams,
  ) => Promise<unknown>;
  return handler(place, request, streams);
};
