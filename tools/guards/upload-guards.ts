/** Guards against what a generator uploads and reports. */
import type { Guard } from "./guards.ts";

const SOURCES = "packages/orchestrator/src";
const TEST = "orchestrator/test";

export const UPLOAD_GUARDS: readonly Guard[] = [
  {
    name: "a manifest is held against a listing of the bucket",
    edits: [
      {
        file: `${SOURCES}/version/artifact.ts`,
        from: "return disagreement === undefined ? { artifact } : reject(disagreement);",
        to: "return { artifact };",
      },
    ],
    tests: [`${TEST}/version/artifact.test.ts › a manifest that %s is rejected`],
  },
  {
    name: "paths that are one in some file systems",
    edits: [
      {
        file: "packages/core/src/path-names.ts",
        from: 'path.normalize("NFD").toLowerCase().toUpperCase().normalize("NFD");',
        to: "path;",
      },
    ],
    tests: [`${TEST}/generation/checkpoint.test.ts › %s is dropped and the rest is kept`],
  },
  {
    name: "a checkpoint's entries are counted",
    edits: [
      {
        file: `${SOURCES}/generation/checkpoint.ts`,
        from: "    if (entries > ENTRIES_MAX) throw new CheckpointError(`it has more than ${ENTRIES_MAX} entries`);\n",
        to: "",
      },
    ],
    tests: [`${TEST}/generation/checkpoint.test.ts › an archive that %s is rejected`],
  },
  {
    name: "the events and bytes of a run are limited",
    edits: [
      {
        file: `${SOURCES}/events/store.ts`,
        from: "g.last_seq + i.top_n - greatest(a.last_n, i.first_n - 1) > $11 or g.event_bytes + i.size_bytes > $12",
        to: "$11 < 0 or $12 < 0",
      },
    ],
    tests: [
      `${TEST}/events/event-limits.test.ts › a run that writes too many events is asked to stop, leaves its draft, and pays`,
      `${TEST}/events/event-limits.test.ts › a flood of bytes stops at the limit, and its generator is stopped if it continues`,
    ],
  },
  {
    name: "the objects of a run are limited",
    edits: [
      {
        file: `${SOURCES}/objects/stray.ts`,
        from: "count > config.LEO_RUN_MAX_OBJECTS || sizeBytes > config.LEO_RUN_MAX_UPLOAD_BYTES;",
        to: "count + sizeBytes + config.LEO_RUN_MAX_OBJECTS < 0;",
      },
    ],
    tests: [`${TEST}/events/event-limits.test.ts › a run that uploads too many objects is asked to stop too`],
  },
  {
    name: "what nothing names is removed",
    edits: [
      {
        file: `${SOURCES}/objects/stray.ts`,
        from: "const keepsNothing: Keeps = () => false;",
        to: "const keepsNothing: Keeps = () => true;",
      },
    ],
    tests: [
      `${TEST}/objects/objects.test.ts › removes only what belongs to no attempt or isn't named by a version`,
    ],
  },
  {
    name: "only a failure that Leo saw is free",
    edits: [
      {
        file: "packages/core/src/lifecycle.ts",
        from: ' && input.type === "attempt_failed" && input.isPlatformFault)',
        to: ")",
      },
    ],
    tests: [
      `${TEST}/limits/who-pays.test.ts › every code charges what was used, except faults that Leo saw and the model's`,
    ],
  },
  {
    name: "codes that only Leo can know",
    edits: [
      {
        file: "packages/core/src/failure.ts",
        from: "  SEEN_BY_LEO.has(code)\n    ?",
        to: "  SEEN_BY_LEO.size === 0\n    ?",
      },
    ],
    tests: [`${TEST}/limits/who-pays.test.ts › a generator can't report what only Leo can see`],
  },
  {
    name: "free attempts are limited",
    edits: [
      {
        file: `${SOURCES}/limits/ledger.ts`,
        from: "(await freeAttempts(orm, generation.ownerId, day)) < freeMax)",
        to: "(await freeAttempts(orm, generation.ownerId, day)) < freeMax + 1e9)",
      },
    ],
    tests: [
      `${TEST}/limits/who-pays.test.ts › are limited per day; beyond that a run costs what it used, even if several end at once`,
    ],
  },
  {
    name: "one generator's word about the model",
    edits: [
      {
        file: `${SOURCES}/limits/model-pause.ts`,
        from: "    where not exists (\n",
        to: "    where true or not exists (\n",
      },
    ],
    tests: [
      `${TEST}/limits/model-faults.test.ts › one generator's claim is ignored while another user's run gets responses, not its own`,
    ],
  },
  {
    name: "a page of events is cut by bytes",
    edits: [
      {
        file: `${SOURCES}/events/replay.ts`,
        from: "where total - bytes < $4 order by seq",
        to: "where total - bytes < $4 or true order by seq",
      },
    ],
    tests: [`${TEST}/events/events.test.ts › pages are split by bytes and still cover everything`],
  },
  {
    name: "a subscription's pump ends with it",
    edits: [
      {
        file: `${SOURCES}/events/hub.ts`,
        from: "const isWanted = () => !ended.aborted && sink.isOpen();",
        to: "const isWanted = () => sink.isOpen();",
      },
    ],
    tests: [`${TEST}/events/events.test.ts › subscriptions replaced while a reader is full hold no memory`],
  },
  {
    name: "only what the manifest lists is a file",
    edits: [
      {
        file: `${SOURCES}/version/version.ts`,
        from: "version.manifest.source.some((file) => file.path === path);",
        to: 'path !== "";',
      },
    ],
    tests: [`${TEST}/routes/files.test.ts › paths outside the manifest don't exist, tricks included`],
  },
  {
    name: "a file is never a document",
    edits: [
      {
        file: `${SOURCES}/routes/files.ts`,
        from: '"content-type": text ? "text/plain; charset=utf-8" : "application/octet-stream",',
        to: '"content-type": "text/html; charset=utf-8",',
      },
    ],
    tests: [
      `${TEST}/routes/files.test.ts › a file comes back byte for byte, and never as a document on the API's origin`,
    ],
  },
  {
    name: "what only a terminal reads",
    edits: [
      {
        file: "packages/core/src/scrub.ts",
        from: '.replace(SEQUENCES, "").replace(CONTROLS, "")',
        to: '.replace(SEQUENCES, "")',
      },
    ],
    tests: ["core/test/scrub.test.ts › terminal escapes are removed; tabs and line feeds stay"],
  },
  {
    name: "an unexpected error says nothing outside",
    edits: [
      {
        file: `${SOURCES}/http/error.ts`,
        from: "unreachable(error) : unexpected());",
        to: 'unreachable(error) : new ApiFault("internal", unexpected().message + error.message));',
      },
    ],
    tests: [
      `${TEST}/routes/operations.test.ts › an unexpected error is a fixed sentence outside, and its cause is in the log`,
    ],
  },
  {
    name: "a known vulnerability fails the check",
    edits: [
      {
        file: "tools/local/setup/audit.mjs",
        from: "process.exitCode = found.length > 0 ? 1 : 0;",
        to: "process.exitCode = 0;",
      },
    ],
    tests: ["tools/local/test/audit.test.ts › a known vulnerability is named and fails the check"],
  },
];
