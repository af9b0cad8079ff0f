/** Guards against what runs, writes and reports in a generator, and of money. */
import type { Guard } from "./guards.ts";

const TEST = "orchestrator/test";

export const RUN_GUARDS: readonly Guard[] = [
  {
    name: "the day's money",
    edits: [
      {
        file: "packages/orchestrator/src/generation/admission.ts",
        from: "  Math.round((spentUsd + reservedUsd + budgetUsd) * 1e6) <= Math.round(maxUsd * 1e6);",
        to: "  spentUsd + reservedUsd + budgetUsd + maxUsd > 0;",
      },
    ],
    tests: [
      `${TEST}/limits/request-limits.test.ts › USD a day: a request whose budget doesn't fit the user's or the platform's day is rejected`,
      `${TEST}/limits/ledger.test.ts › never reserve more than the platform's day, whoever the users are`,
    ],
  },
  {
    name: "events are scrubbed",
    edits: [
      {
        file: "packages/core/src/scrub.ts",
        from: "return MARK.test(json) || CONTROL_IN_JSON.test(json) ? JSON.stringify(cleanDeep(value)) : json;",
        to: "return json;",
      },
    ],
    tests: [`${TEST}/events/events.test.ts › stores nothing shaped like a token`],
  },
  {
    name: "escape sequences go before tokens are looked for",
    edits: [
      {
        file: "packages/core/src/scrub.ts",
        from: "(text) => scrub(stripTerminal(text))",
        to: "(text) => scrub(text)",
      },
    ],
    tests: ["core/test/scrub.test.ts › an escape sequence in the middle of a token does not hide it"],
  },
  {
    name: "log lines are scrubbed",
    edits: [
      { file: "packages/orchestrator/src/telemetry/log.ts", from: "write(scrub(line))", to: "write(line)" },
    ],
    tests: [
      `${TEST}/telemetry/log-secrets.test.ts › however a process fails, no log line holds a credential`,
    ],
  },
  {
    name: "only POST is forwarded",
    edits: [
      {
        file: "packages/generator/src/gateway/admit.ts",
        from: '  if (method !== "POST") throw new ApiError(405, "invalid_request_error", "Only POST is forwarded.");\n',
        to: "",
      },
    ],
    tests: ["generator/test/gateway.test.ts › only POST is forwarded"],
  },
  {
    name: "links and environment files stay out of a version",
    edits: [
      {
        file: "packages/generator/src/workspace/files.ts",
        from: '  if (isEnvironmentFile(entry.name)) return "environment files may hold secrets";\n',
        to: "",
      },
    ],
    tests: [
      "generator/test/workspace.test.ts › links, environment files, odd names and made directories are not part of a version",
    ],
  },
  {
    name: "reads have a maximum",
    edits: [
      {
        file: "packages/orchestrator/src/storage/s3.ts",
        from: "      if (sizeBytes > maxBytes) {",
        to: "      if (sizeBytes > Infinity) {",
      },
    ],
    tests: [
      `${TEST}/storage/storage.test.ts › an object, or a part of one, larger than the reader's limit is not read`,
    ],
  },
  {
    name: "a file is announced at its own size",
    edits: [
      {
        file: "packages/orchestrator/src/http/preview.ts",
        from: '  headers["content-length"] = String(found.sizeBytes);\n',
        to: "",
      },
    ],
    tests: [
      `${TEST}/preview/preview.test.ts › a file whose size contradicts its manifest is served at its real size or not at all`,
    ],
  },
  {
    name: "a generator creates and does not overwrite",
    edits: [
      {
        file: "infra/generator-roles.ts",
        from: '            conditions: [{ test: "Null", variable: "s3:if-none-match", values: ["false"] }],\n',
        to: "",
      },
    ],
    tests: [
      "infra/test/roles.test.ts › cannot overwrite an object: a create request must carry If-None-Match",
    ],
  },
  {
    name: "a generator writes below apps/",
    edits: [
      {
        file: "infra/generator-roles.ts",
        from: "const objects = $interpolate`${bucket.arn}/apps/*`;",
        to: "const objects = $interpolate`${bucket.arn}/*`;",
      },
    ],
    tests: ["infra/test/roles.test.ts › cannot write outside apps/ or into another stage's bucket"],
  },
  {
    name: "older attempts are fenced",
    edits: [
      {
        file: "packages/orchestrator/src/sockets/stop-reason.ts",
        from: "  if (attempt.number !== generation.attempt)\n",
        to: "  if (attempt.number > generation.attempt)\n",
      },
      {
        file: "packages/orchestrator/src/sockets/stop-reason.ts",
        from: "  if (attempt.endedAt !== null) return",
        to: "  if (attempt.endedAt !== null && attempt.number < 0) return",
      },
    ],
    tests: [`${TEST}/sockets/sockets.test.ts › a replaced attempt is fenced`],
  },
  {
    name: "generators of ended runs are told",
    edits: [
      {
        file: "packages/orchestrator/src/sockets/stop-reason.ts",
        from: "  if (isFinal(generation.state)) return",
        to: "  if (isFinal(generation.state) && attempt.number < 0) return",
      },
    ],
    tests: [
      `${TEST}/sockets/sockets.test.ts › a generator whose generation has ended is notified and changes nothing`,
    ],
  },
];
