import { newId } from "@leo/core/id.ts";
import type { Database } from "../../src/db/database.ts";
import {
  appRepositories,
  apps,
  attempts,
  endedSessions,
  events,
  generations,
  githubAccounts,
  ledger,
  pushes,
  secretScans,
  shares,
  siteAddresses,
  sites,
  siteVersions,
  userMessages,
  users,
} from "../../src/db/schema.ts";

/** One row in every table that holds something of a user. A new table needs a row here. */
export const seedRows = async ({ orm }: Database, ownerId: string): Promise<void> => {
  const [appId, generationId, attemptId, at] = [newId(), newId(), newId(), new Date()];
  await orm.insert(apps).values({ id: appId, ownerId, name: "Notes" });
  await orm.insert(generations).values({
    id: generationId,
    appId,
    ownerId,
    prompt: "notes",
    mode: "autonomous",
    maxAttempts: 2,
    memoryMib: 8192,
    vcpu: 4,
    lastSeq: 1,
  });
  await orm.insert(attempts).values({
    id: attemptId,
    generationId,
    number: 1,
    tokenHash: newId(),
    vcpu: 4,
    memoryMib: 8192,
    launchLeaseUntil: at,
    deadlineAt: at,
  });
  const body = { type: "state_changed", state: "queued", attempt: 0 } as const;
  await orm.insert(events).values({ generationId, seq: 1, at, type: body.type, body });
  await orm.insert(userMessages).values({ id: newId(), generationId, text: "and dark, please" });
  await orm.insert(shares).values({ id: newId(), ownerId, appId, generationId, tokenHash: newId() });
  await orm.insert(appRepositories).values({ appId, repositoryName: "ann/notes" });
  await orm
    .insert(pushes)
    .values({ id: newId(), appId, generationId, automatic: false, availableAt: at, createdAt: at });
  await orm.insert(githubAccounts).values({ ownerId, login: "ann", updatedAt: at });
  await orm.insert(secretScans).values({ generationId, rules: "1", scannedAt: at });
  const copyId = newId();
  await orm.insert(siteVersions).values({
    id: copyId,
    appId,
    ownerId,
    generationId,
    state: "ready",
    prefix: `sites/${appId}/${generationId}/${copyId}/`,
    files: [],
    sizeBytes: 0,
    createdAt: at,
    copyUntil: at,
  });
  await orm.insert(sites).values({ appId, ownerId, liveId: copyId, publishedAt: at });
  await orm.insert(siteAddresses).values({ slug: `notes-${appId.slice(-12)}`, appId, ownerId });
  await orm.insert(users).values({ id: ownerId, firstSeenAt: at, lastSeenAt: at });
  await orm.insert(endedSessions).values({ id: newId(), ownerId, endedAt: at, expiresAt: at });
  const day = at.toISOString().slice(0, 10);
  await orm.insert(ledger).values({ generationId, attempt: 1, ownerId, day, reservedUsd: 5, reservedAt: at });
};
