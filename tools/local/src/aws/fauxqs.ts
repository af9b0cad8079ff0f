/**
 * fauxqs's own `startFauxqs` listens on every interface. These are its parts put together the same way,
 * so that the caller listens on loopback. The version is pinned because the parts are not its public API.
 */
import { mkdir } from "node:fs/promises";
import { findPackageJSON } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { buildApp, type BuildAppOptions } from "fauxqs";
import { StartError } from "../start-error.ts";

type Stores = NonNullable<BuildAppOptions["stores"]>;
export type S3Store = Stores["s3Store"];
export type SqsStore = Stores["sqsStore"];
export type FauxqsApp = ReturnType<typeof buildApp>;

interface QueueStorage {
  loadSqsAndSns: (sqs: SqsStore, sns: Stores["snsStore"]) => void;
  close: () => void;
}
interface ObjectStorage {
  loadS3: (s3: S3Store) => void;
  close: () => void;
}

/** Largest body of one request; larger objects go up in parts, as on AWS. */
const BODY_LIMIT_BYTES = 256 * 1024 * 1024;

type Constructor<T> = new (...args: string[]) => T;

const part = async (file: string, name: string): Promise<Constructor<unknown>> => {
  const manifest = findPackageJSON("fauxqs", import.meta.url);
  if (!manifest) throw new Error("fauxqs is not installed");
  const url = pathToFileURL(path.join(path.dirname(manifest), "dist", file)).href;
  const module = (await import(/* @vite-ignore */ url)) as Record<string, Constructor<unknown>>;
  const found = module[name];
  if (!found) throw new Error(`fauxqs has no ${name} in ${file}`);
  return found;
};

const restore = async (dataDir: string, stores: Stores): Promise<() => void> => {
  await mkdir(dataDir, { recursive: true });
  const [Queues, Objects] = await Promise.all([
    part("persistence.js", "PersistenceManager") as Promise<Constructor<QueueStorage>>,
    part("s3/fileS3Persistence.js", "FileS3Persistence") as Promise<Constructor<ObjectStorage>>,
  ]);
  const queues = new Queues(dataDir);
  const objects = new Objects(path.join(dataDir, "s3"));
  queues.loadSqsAndSns(stores.sqsStore, stores.snsStore);
  objects.loadS3(stores.s3Store);
  // Only now: loading must not write what it reads.
  Object.assign(stores.sqsStore, { persistence: queues });
  Object.assign(stores.snsStore, { persistence: queues });
  Object.assign(stores.s3Store, { persistence: objects });
  for (const queue of stores.sqsStore.allQueues()) Object.assign(queue, { persistence: queues });
  return () => {
    queues.close();
    objects.close();
  };
};

const DISK = new Set(["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "ENOTDIR"]);

const restoreOrExplain = async (dataDir: string, stores: Stores): Promise<() => void> => {
  try {
    return await restore(dataDir, stores);
  } catch (cause) {
    if (DISK.has((cause as NodeJS.ErrnoException).code ?? "")) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(
      `The objects and queues in ${dataDir} are damaged (${why}). "npm start -- --fresh" begins with none.`,
      { cause },
    );
  }
};

/** fauxqs's HTTP application, not listening yet, and its stores. */
export const fauxqsParts = async (
  dataDir: string | undefined,
): Promise<{ app: FauxqsApp; s3: S3Store; sqs: SqsStore }> => {
  const [Sqs, Sns, S3] = await Promise.all([
    part("sqs/sqsStore.js", "SqsStore") as Promise<Constructor<SqsStore>>,
    part("sns/snsStore.js", "SnsStore") as Promise<Constructor<Stores["snsStore"]>>,
    part("s3/s3Store.js", "S3Store") as Promise<Constructor<S3Store>>,
  ]);
  const stores: Stores = { sqsStore: new Sqs(), snsStore: new Sns(), s3Store: new S3() };
  const close = dataDir ? await restoreOrExplain(dataDir, stores) : undefined;
  const app = buildApp({ logger: false, stores });
  app.removeContentTypeParser("*");
  app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: BODY_LIMIT_BYTES }, (_request, body, done) =>
    done(null, body),
  );
  if (close) app.addHook("onClose", async () => close());
  return { app, s3: stores.s3Store, sqs: stores.sqsStore };
};
