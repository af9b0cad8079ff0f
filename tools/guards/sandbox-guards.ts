/** Guards between a driver and its sandbox, and of a run's budget. */
import type { Guard } from "./guards.ts";

const GENERATOR = "packages/generator/src";
const TEST = "generator/test";

export const SANDBOX_GUARDS: readonly Guard[] = [
  {
    name: "the key of the sandbox's host",
    edits: [
      {
        file: `${GENERATOR}/sandbox/host/host.ts`,
        from: "!isKey(message.key, options.key) || ",
        to: "",
      },
    ],
    tests: [
      `${TEST}/sandbox-protocol.test.ts › a host takes one driver, and nobody after it or without the key`,
    ],
  },
  {
    name: "the window of a stream",
    edits: [
      {
        file: `${GENERATOR}/sandbox/wire.ts`,
        from: '    if (incoming.roomBytes < 0) throw new ProtocolError("more was sent than there was room for");\n',
        to: "",
      },
    ],
    tests: [
      `${TEST}/sandbox-protocol.test.ts › a host that floods a stream which nobody reads is cut, and holds no more than its window here`,
    ],
  },
  {
    name: "the files of an archive are counted",
    edits: [
      {
        file: `${GENERATOR}/artifact/sandbox-archive.ts`,
        from: "    if (this.#files.size > maxFiles) throw new ArchiveError(`more than ${maxFiles} files`);\n",
        to: "",
      },
    ],
    tests: [
      `${TEST}/sandbox-archive.test.ts › 100,000 empty files are rejected before a tenth of them has been read`,
    ],
  },
  {
    name: "the environment of the driver is hidden",
    edits: [{ file: "packages/generator/hide-environment.sh", from: 'unset "${private[@]}"\n', to: "" }],
    tests: [
      `${TEST}/hide-environment.test.ts › private variables arrive as they are, and are in no environment, open file or child after`,
    ],
  },
  {
    name: "a proxy's password stays out of the sandbox",
    edits: [
      {
        file: `${GENERATOR}/process/environment.ts`,
        from: "...withoutProxyCredentials(networkSettings(process.env)),",
        to: "...(withoutProxyCredentials, networkSettings, process.env as Record<string, string>),",
      },
    ],
    tests: [
      `${TEST}/secrets.test.ts › no credential and no attempt token reaches the agent, its tools, its files or an event`,
    ],
  },
  {
    name: "an answer is cut to what the budget pays for",
    edits: [
      {
        file: `${GENERATOR}/gateway/meter.ts`,
        from: "Math.min(asked, outputTokensFor(model, most, leftUsd));",
        to: "Math.max(asked, outputTokensFor(model, most, leftUsd) - 1e9);",
      },
    ],
    tests: [
      `${TEST}/gateway-budget.test.ts › 500 hostile requests at once against $5 cannot spend more than $5`,
      `${TEST}/gateway-budget.test.ts › whatever is asked and however it ends, what is owed stays within the budget`,
    ],
  },
  {
    name: "an aborted call costs what was reserved",
    edits: [
      {
        file: `${GENERATOR}/gateway/meter.ts`,
        from: 'if (outcome.kind === "broken") return reservedUsd;',
        to: 'if (outcome.kind === "broken") return 0;',
      },
    ],
    tests: [`${TEST}/gateway-budget.test.ts › aborted requests cost what they may have cost`],
  },
  {
    name: "only plain files are restored",
    edits: [
      {
        file: `${GENERATOR}/workspace/archive.ts`,
        from: "return isFile && isWanted(path) && unpackedBytes",
        to: "return (isFile || isWanted(path) || true) && unpackedBytes",
      },
    ],
    tests: [`${TEST}/checkpoint.test.ts › links and paths that climb are left out of what is restored`],
  },
];
