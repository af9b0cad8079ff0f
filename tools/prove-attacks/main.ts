/** `npm run prove:attacks`: what SECURITY.md says of attacks, in numbers. Exits 1 when a bar is not met. */
import { loadavg } from "node:os";
import { attemptPrefix, checkpointKey, distKey, manifestKey } from "@leo/core/artifact.ts";
import { BUCKET } from "@leo/local/start/orchestrator-env.ts";
import { startChild } from "../bench/src/harness/child.ts";
import { withLeo, type Leo, type Submitted } from "../bench/src/leo/leo.ts";
import { withServices } from "../bench/src/harness/services.ts";
import { checkFileLimit } from "../bench/src/scale/usage.ts";
import { type Command, readCommand } from "../command.ts";
import type { Attackers } from "./attackers.ts";
import { attackGateway } from "./gateway.ts";
import { generated, startLargeObjects, type LargeObjects } from "./large-objects.ts";
import { watch, type Measured, type Subject } from "./watch.ts";

const COMMAND = {
  name: "npm run prove:attacks",
  about: "Attacks an orchestrator and a gateway on this machine, and says what that does to honest users.",
  options: {
    sockets: {
      type: "number",
      value: "N",
      whole: true,
      min: 30,
      default: 1_000,
      about: "Hostile sockets at once",
    },
    gib: { type: "number", value: "N", min: 0.01, default: 5, about: "Size of each hostile upload, in GiB" },
    seconds: { type: "number", value: "N", whole: true, min: 3, default: 15, about: "Length of each attack" },
  },
  notes: "Loopback only. Numbers mean something on a machine that does nothing else.",
} as const satisfies Command;

const { sockets, gib, seconds } = readCommand(COMMAND);

const BUDGET_USD = 5;
const GATEWAY_REQUESTS = 500;
const GROWTH_BAR_MIB = 100;
const HEALTH_BAR_MS = 200;
const SLOWDOWN_BAR = 2;
/** Differences below this are the machine's. */
const NOISE_MS = 5;
const SOCKETS_PER_USER = 20;
/** What a slow reader asks for: more than its kernel and Leo hold for it. */
const STORED_EVENTS = 800;
const EVENT_CHARS = 15_000;
const GIB = 1024 ** 3;
const LIMITS = {
  LEO_REQUESTS_PER_MINUTE_ADDRESS: "1200",
  LEO_REQUESTS_PER_MINUTE_USER: "600",
  LEO_REFUSED_SIGN_INS_PER_MINUTE: "30",
  LEO_SOCKETS_PER_USER: String(SOCKETS_PER_USER),
  LEO_RUN_MAX_EVENTS: "200000",
  LEO_RUN_MAX_EVENT_BYTES: String(64 * 1024 * 1024),
};

interface Line {
  attack: string;
  bar: string;
  measured: string;
  holds: boolean;
}
const lines: Line[] = [];
const say = (line: Line) => {
  lines.push(line);
  process.stderr.write(`${line.attack}: ${line.measured}\n`);
};

const proveGateway = async (): Promise<void> => {
  const { requests, forwarded, owedUsd } = await attackGateway(GATEWAY_REQUESTS, BUDGET_USD);
  say({
    attack: `${requests} requests at once to the model gateway`,
    bar: `at most $${BUDGET_USD} forwarded`,
    measured: `$${owedUsd.toFixed(2)} in ${forwarded} requests`,
    holds: owedUsd <= BUDGET_USD && forwarded > 0,
  });
};

const judge = (attack: string, before: Measured, during: Measured): void => {
  const growth = during.residentMib - before.residentMib;
  const slowdown = during.honestP95Ms / Math.max(before.honestP95Ms, NOISE_MS);
  say({
    attack,
    bar: `memory + ${GROWTH_BAR_MIB} MiB`,
    measured: `${Math.round(before.residentMib)} + ${Math.round(growth)} MiB`,
    holds: growth <= GROWTH_BAR_MIB,
  });
  say({
    attack,
    bar: `/health ${HEALTH_BAR_MS} ms`,
    measured: `${Math.round(during.healthMs)} ms (before: ${Math.round(before.healthMs)})`,
    holds: during.healthMs <= HEALTH_BAR_MS,
  });
  say({
    attack,
    bar: `honest p95 × ${SLOWDOWN_BAR}`,
    measured: `${during.honestP95Ms.toFixed(1)} ms (before: ${before.honestP95Ms.toFixed(1)}), ${during.failed} failed`,
    holds: slowdown <= SLOWDOWN_BAR && during.failed === 0,
  });
};

/** Stored as the orchestrator would have: writing them through generators would take longer than all attacks. */
const storeEvents = async ({ pool }: Leo, { generationId }: Submitted): Promise<void> => {
  const body = JSON.stringify({ type: "log", level: "info", text: "x".repeat(EVENT_CHARS) });
  await pool.query(
    `insert into leo.events (generation_id, seq, at, type, body)
     select $1, last_seq + number, now(), 'log', $2::json from leo.generations, generate_series(1, $3) as number
     where id = $1`,
    [generationId, body, STORED_EVENTS],
  );
  await pool.query("update leo.generations set last_seq = last_seq + $2 where id = $1", [
    generationId,
    STORED_EVENTS,
  ]);
};

const proveSockets = async (leo: Leo, subject: Subject): Promise<void> => {
  const hostile = await leo.submit(Math.ceil(sockets / SOCKETS_PER_USER));
  for (const submitted of hostile) await storeEvents(leo, submitted);
  const readers = hostile
    .flatMap((submitted) => Array.from({ length: SOCKETS_PER_USER }, () => submitted))
    .slice(0, sockets);
  const [url, generatorUrl] = [leo.socketUrl, leo.generatorSocketUrl];
  const port = Number(new URL(leo.url).port);
  const attackers = startChild<Attackers>("../../prove-attacks/attackers.ts");
  const attacks: [string, () => Promise<unknown>][] = [
    [`${sockets} browsers that read nothing`, () => attackers.call("slowReaders", { url, readers })],
    [
      `${sockets} browsers that send garbage or nothing`,
      () => attackers.call("floods", { url, count: sockets }),
    ],
    [
      `${sockets} generators with made-up tokens`,
      () => attackers.call("generators", { url: generatorUrl, count: sockets }),
    ],
    [`${sockets} requests that never end`, () => attackers.call("slowRequests", { port, count: sockets })],
  ];
  try {
    for (const [name, begin] of attacks) {
      const before = await watch(subject, seconds * 1_000);
      await begin();
      judge(name, before, await watch(subject, seconds * 1_000));
      await attackers.call("stop");
    }
  } finally {
    await attackers.end();
  }
};

const upload = async (bucket: string, key: string, sizeBytes: number): Promise<void> => {
  const answer = await fetch(`${bucket}/${BUCKET}/${key}`, {
    method: "PUT",
    headers: { "content-length": String(sizeBytes) },
    body: generated(sizeBytes),
    duplex: "half",
  });
  if (!answer.ok) throw new Error(`${key}: ${answer.status}`);
};

/** A manifest, a checkpoint and a built page, each larger than everything that Leo would read of it. */
const proveUploads = async (leo: Leo, subject: Subject, bucket: LargeObjects): Promise<void> => {
  const runs = await leo.launch(3);
  const before = await watch(subject, seconds * 1_000);
  const attack = async () => {
    for (const [index, run] of runs.entries()) {
      const { rows } = await leo.pool.query<{ app_id: string }>(
        "select app_id from leo.generations where id = $1",
        [run.generationId],
      );
      const appId = rows[0]?.app_id ?? "";
      const prefix = attemptPrefix(appId, run.generationId, 1);
      const keys = [manifestKey(prefix), checkpointKey(prefix, 1), distKey(prefix, "index.html")];
      await upload(bucket.url, keys[index] ?? "", Math.round(gib * GIB));
      await leo.cancel(run);
      for (const path of ["files", "files/index.html", "archive.zip"])
        await fetch(`${leo.url}/api/generations/${run.generationId}/${path}`, {
          headers: { authorization: `Bearer ${run.accessToken}` },
        });
    }
  };
  const over = attack().then(() => true);
  const during: Measured[] = [];
  do during.push(await watch(subject, seconds * 1_000));
  while (!(await Promise.race([over, Promise.resolve(false)])));
  const worst = (of: (measured: Measured) => number) => Math.max(...during.map(of));
  judge(
    `3 uploads of ${gib} GiB, of which Leo read ${(bucket.readBytes() / 1024 ** 2).toFixed(1)} MiB`,
    before,
    {
      residentMib: worst(({ residentMib }) => residentMib),
      healthMs: worst(({ healthMs }) => healthMs),
      honestP95Ms: worst(({ honestP95Ms }) => honestP95Ms),
      failed: during.reduce((sum, { failed }) => sum + failed, 0),
    },
  );
};

const prove = async (): Promise<void> => {
  await checkFileLimit();
  await proveGateway();
  let bucket: LargeObjects | undefined;
  const beforeBucket = async (url: string) => (bucket = await startLargeObjects(url)).url;
  await withServices((services) =>
    withLeo(services, { name: "attacks", settings: LIMITS, beforeBucket }, async (leo) => {
      const honest = (await leo.launch(10)).flatMap(({ generationId, accessToken }) =>
        ["/api/apps", `/api/generations/${generationId}`, `/api/generations/${generationId}/events`].map(
          (path) => ({
            path,
            accessToken,
          }),
        ),
      );
      const subject = { pid: leo.orchestrator().pid, url: leo.url, honest };
      // What is loaded and compiled on first use is nobody's attack.
      await watch(subject, seconds * 1_000);
      await proveSockets(leo, subject);
      if (bucket) await proveUploads(leo, subject, bucket);
    }),
  );
  await bucket?.close();
};

const widths = (pick: (line: Line) => string) => Math.max(...lines.map((line) => pick(line).length));

const [loadBefore = 0] = loadavg();
await prove();
const [attackWidth, barWidth] = [widths(({ attack }) => attack), widths(({ bar }) => bar)];
for (const { attack, bar, measured, holds } of lines)
  console.log(
    `${holds ? "holds" : "FAILS"}  ${attack.padEnd(attackWidth)}  ${bar.padEnd(barWidth)}  ${measured}`,
  );
console.log(`Load of the machine: ${loadBefore.toFixed(1)} before, ${loadavg()[0]?.toFixed(1)} after.`);
process.exitCode = lines.every(({ holds }) => holds) ? 0 : 1;
