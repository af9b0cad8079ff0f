/**
 * SST's own component sources and provider types live in `.sst/platform`, put there by
 * `sst install` from npm alone: no account, no credentials, about 30 s, once.
 */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

export const ROOT = path.resolve(import.meta.dirname, "../../..");
export const PLATFORM = path.join(ROOT, ".sst/platform");
const MARKER = path.join(PLATFORM, "leo-installed");
const LOCK = path.join(ROOT, "node_modules/.cache/sst-install");
const LOCK_STALE_MS = 10 * 60_000;

/** Changes when another SST or provider version is required. */
const wanted = () => {
  const manifest = readFileSync(path.join(ROOT, "node_modules/sst/package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  const config = readFileSync(path.join(ROOT, "sst.config.ts"), "utf8");
  const providers = /providers: \{[\s\S]*?\n {6}\}/.exec(config)?.[0] ?? "";
  return `${version}\n${providers}\n`;
};

const isInstalled = () => existsSync(MARKER) && readFileSync(MARKER, "utf8") === wanted();

const install = async () => {
  const env = {
    ...process.env,
    SST_NO_BUN: "1",
    SST_SKIP_DEPENDENCY_CHECK: "1",
    SST_TELEMETRY_DISABLED: "1",
    SST_STAGE: "test",
  };
  const sst = path.join(ROOT, "node_modules/.bin/sst");
  await promisify(execFile)(sst, ["install"], { cwd: ROOT, env, timeout: LOCK_STALE_MS });
  await writeFile(MARKER, wanted());
};

/** True if this process holds the lock; a dead process's lock is taken over after ten minutes. */
const takeLock = async (): Promise<boolean> => {
  await mkdir(path.dirname(LOCK), { recursive: true });
  const made = await mkdir(LOCK).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return false;
      throw error;
    },
  );
  if (made) return true;
  const held = await stat(LOCK, { bigint: false }).catch(() => undefined);
  if (held && Date.now() - held.mtimeMs > LOCK_STALE_MS) await rm(LOCK, { recursive: true, force: true });
  return false;
};

/** Creates `.sst/platform` if it's missing. Safe to call from several processes at once. */
export const ensurePlatform = async (): Promise<void> => {
  while (!isInstalled()) {
    if (!(await takeLock())) {
      await sleep(200);
      continue;
    }
    try {
      if (!isInstalled()) await install();
    } finally {
      await rm(LOCK, { recursive: true, force: true });
    }
  }
};

if (import.meta.main) await ensurePlatform();
