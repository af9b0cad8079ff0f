/** The scan of a version's files before they leave Leo. */
import { createHash } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { distKey, sourceKey } from "@leo/core/artifact.ts";
import type { Finding, Findings } from "@leo/core/github.ts";
import type { UserContext } from "../app-context.ts";
import { tx, type Transactor } from "../db/tx.ts";
import { secretScans } from "../db/schema.ts";
import { ApiFault } from "../fault.ts";
import { findSecrets, RULES_ID } from "./secret-rules.ts";
import { isText, readBytes, type Version } from "./version.ts";

const SHOWN_MAX = 100;
const PARALLEL_READS = 8;

/** The worker that pushes scans as Leo, a request as its user. */
export type Scanner = Transactor & Pick<UserContext, "storage" | "now">;

type Scanned = Pick<Version, "generationId" | "prefix" | "manifest">;

interface Hit extends Finding {
  /** Names the secret without saying it. */
  mark: string;
}

const filesOf = ({ prefix, manifest }: Scanned) => [
  ...manifest.source.map(({ path }) => ({ path, key: sourceKey(prefix, path), inBundle: false })),
  ...manifest.dist.map(({ path }) => ({ path: `dist/${path}`, key: distKey(prefix, path), inBundle: true })),
];

const hash = (text: string) => createHash("sha256").update(text).digest("hex");

/** @returns undefined for a file that is gone: there is nothing of it to leave */
const scanFile = async (
  { storage }: Scanner,
  { path, key, inBundle }: ReturnType<typeof filesOf>[number],
): Promise<Hit[] | undefined> => {
  const bytes = await readBytes(storage, key);
  if (!bytes) return undefined;
  if (!isText(bytes)) return [];
  const matches = await findSecrets(new TextDecoder().decode(bytes));
  const hits = new Map<string, Hit>();
  for (const { line, kind, secret } of matches) {
    const mark = hash(`${path}\0${kind}\0${secret}`);
    hits.set(`${line} ${mark}`, { path, line, kind, inBundle, mark });
  }
  return [...hits.values()];
};

/** Lines are no part of it: the same secret, moved by a change above it, needs no second answer. */
const digestOf = (hits: Hit[]) => hash([...new Set(hits.map(({ mark }) => mark))].toSorted().join("\n"));

const summarise = (hits: Hit[]): Findings | undefined => {
  if (hits.length === 0) return undefined;
  return {
    digest: digestOf(hits),
    count: hits.length,
    findings: hits.slice(0, SHOWN_MAX).map(({ mark: _mark, ...finding }) => finding),
  };
};

const readStored = async (scanner: Scanner, generationId: string) => {
  const [row] = await tx(scanner, ({ orm }) =>
    orm
      .select({ found: secretScans.found })
      .from(secretScans)
      .where(and(eq(secretScans.generationId, generationId), eq(secretScans.rules, RULES_ID))),
  );
  return row;
};

/**
 * Looks for secrets in the sources and the built files of a version, once per set of rules.
 * @returns undefined when there are none
 */
export const scanVersion = async (scanner: Scanner, version: Scanned): Promise<Findings | undefined> => {
  const stored = await readStored(scanner, version.generationId);
  if (stored) return stored.found ?? undefined;
  const files = filesOf(version);
  const hits: Hit[] = [];
  let isWhole = true;
  for (let start = 0; start < files.length; start += PARALLEL_READS) {
    const batch = files.slice(start, start + PARALLEL_READS);
    for (const found of await Promise.all(batch.map((file) => scanFile(scanner, file)))) {
      if (found) hits.push(...found);
      isWhole &&= found !== undefined;
    }
  }
  const found = summarise(hits);
  if (isWhole) {
    const row = { rules: RULES_ID, found: found ?? null, scannedAt: scanner.now() };
    await tx(scanner, ({ orm }) =>
      orm
        .insert(secretScans)
        .values({ generationId: version.generationId, ...row })
        .onConflictDoUpdate({ target: secretScans.generationId, set: row }),
    );
  }
  return found;
};

/**
 * Lets a version pass that holds no secrets, or whose secrets the caller has seen.
 * @param accepted digests of findings that may pass
 * @throws ApiFault `secrets_found` with the findings
 */
export const refuseUnseenSecrets = async (
  scanner: Scanner,
  version: Scanned,
  accepted: (string | null | undefined)[],
): Promise<void> => {
  const found = await scanVersion(scanner, version);
  if (!found || accepted.includes(found.digest)) return;
  throw new ApiFault(
    "secrets_found",
    "The files hold what looks like secrets. Look at the list; repeat with its digest in `confirm` to go on.",
    found,
  );
};
