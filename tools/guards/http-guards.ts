/** Guards of the HTTP server: limits, hosts, headers, previews. */
import type { Guard } from "./guards.ts";

const HTTP = "packages/orchestrator/src/http";
const TEST = "orchestrator/test";

export const HTTP_GUARDS: readonly Guard[] = [
  {
    name: "the trusted entry of X-Forwarded-For",
    edits: [
      {
        file: "packages/orchestrator/src/auth/client-address.ts",
        from: "forwarded.at(-trustedProxies)",
        to: "forwarded.at(0)",
      },
    ],
    tests: [
      `${TEST}/limits/request-limits.test.ts › requests a minute per address: forging X-Forwarded-For doesn't help`,
    ],
  },
  {
    name: "the limit of refused tokens",
    edits: [
      {
        file: "packages/orchestrator/src/auth/guard.ts",
        from: "          refused.take(address);\n",
        to: "          address;\n",
      },
    ],
    tests: [
      `${TEST}/limits/request-limits.test.ts › rejected tokens per address: no further token is checked for a while`,
    ],
  },
  {
    name: "good tokens are known",
    edits: [
      {
        file: "packages/orchestrator/src/auth/guard.ts",
        from: "address === undefined || isKnown",
        to: "address === undefined",
      },
    ],
    tests: [
      `${TEST}/limits/request-limits.test.ts › a token accepted before is still checked, whatever others at its address have tried`,
    ],
  },
  {
    name: "suspended users write nothing",
    edits: [
      {
        file: "packages/orchestrator/src/auth/guard.ts",
        from: "if (isWrite) refuseSuspended(account);",
        to: "",
      },
    ],
    tests: [
      `${TEST}/limits/request-limits.test.ts › a suspended user can read but not write, on every route`,
    ],
  },
  {
    name: "foreign pages are rejected before they count",
    edits: [
      { file: "packages/orchestrator/src/api.ts", from: '"/api/*", rejectForeignPages, ', to: '"/api/*", ' },
    ],
    tests: [
      `${TEST}/limits/request-limits.test.ts › requests from another site's page are rejected before they count`,
      `${TEST}/preview/hostile-app-browser.test.ts › with previews %s, an app that floods Leo with requests uses up nobody's allowance`,
      `${TEST}/routes/operations.test.ts › no other origin can read the API, and a lost database is a 500 without details`,
    ],
  },
  {
    name: "signed-in users are not counted by address",
    edits: [
      {
        file: "packages/orchestrator/src/api.ts",
        from: 'if (!isConfig && c.req.header("authorization") === undefined)',
        to: "if (!isConfig)",
      },
    ],
    tests: [
      `${TEST}/limits/request-limits.test.ts › signed-in users are counted by user, so strangers at their address can't lock them out`,
    ],
  },
  {
    name: "health answers from memory",
    edits: [
      {
        file: "packages/orchestrator/src/http/health.ts",
        from: "return (answer ??= refresh());",
        to: "return refresh();",
      },
    ],
    tests: [`${TEST}/http/health.test.ts › flooding /health asks the database once a second at most`],
  },
  {
    name: "made-up links are counted",
    edits: [{ file: `${HTTP}/preview.ts`, from: "    else guard.refusedPreview(address);\n", to: "" }],
    tests: [
      `${TEST}/preview/preview.test.ts › made-up links are limited per address; links that have worked keep working`,
    ],
  },
  {
    name: "foreign pages get no part of a preview",
    edits: [
      {
        file: `${HTTP}/preview.ts`,
        from: 'if (place.kind === "host" && !isNavigation(c) && comesFromForeignPage(c)) return noFile(c);',
        to: "",
      },
    ],
    tests: [
      `${TEST}/preview/preview.test.ts › another origin's page gets no part of a preview, and nothing is looked up`,
    ],
  },
  {
    name: "time to send a request",
    edits: [
      {
        file: `${HTTP}/server.ts`,
        from: "headersTimeout: Math.min(config.LEO_HEADERS_TIMEOUT_MS, config.LEO_REQUEST_TIMEOUT_MS),",
        to: "headersTimeout: 0,",
      },
      {
        file: `${HTTP}/server.ts`,
        from: "requestTimeout: config.LEO_REQUEST_TIMEOUT_MS,",
        to: "requestTimeout: 0,",
      },
    ],
    tests: [
      `${TEST}/http/hygiene.test.ts › a client that trickles or sends nothing is disconnected, in headers and in bodies`,
    ],
  },
  {
    name: "slow readers are cut",
    edits: [
      {
        file: `${HTTP}/server.ts`,
        from: "    watchReader(response, config.LEO_ANSWER_TIMEOUT_MS, log);\n",
        to: "",
      },
      { file: `${HTTP}/server.ts`, from: "  server.timeout = config.LEO_UNREAD_TIMEOUT_MS;\n", to: "" },
    ],
    tests: [
      `${TEST}/http/hygiene.test.ts › a client that doesn't read a large response holds only a part of it and is disconnected`,
    ],
  },
  {
    name: "the limit of bodies",
    edits: [
      { file: "packages/orchestrator/src/api.ts", from: "maxSize: BODY_MAX_BYTES,", to: "maxSize: 1e9," },
    ],
    tests: [
      `${TEST}/http/hygiene.test.ts › a body over 64 KiB is rejected with a sentence before it's read, however it's announced`,
    ],
  },
  {
    name: "the limit of connections",
    edits: [
      { file: `${HTTP}/server.ts`, from: "  server.maxConnections = config.LEO_CONNECTIONS_MAX;\n", to: "" },
    ],
    tests: [
      `${TEST}/http/hygiene.test.ts › connections over the limit are rejected and logged once; existing ones keep working`,
    ],
  },
  {
    name: "answers to what is no HTTP",
    edits: [{ file: `${HTTP}/server.ts`, from: "  answerMalformed(server, config);\n", to: "" }],
    tests: [
      `${TEST}/http/hygiene.test.ts › malformed HTTP is rejected without revealing internals, and the next request is served`,
    ],
  },
  {
    name: "the word to delete cookies",
    edits: [
      {
        file: `${HTTP}/malformed.ts`,
        from: `...(status === HEADERS_TOO_LARGE ? { "clear-site-data": '"cookies"' } : {}),`,
        to: "",
      },
    ],
    tests: [
      `${TEST}/http/hygiene.test.ts › oversized headers get a sentence, strict headers and the instruction to clear cookies`,
      `${TEST}/preview/hostile-app-browser.test.ts › an app that fills Leo's site with cookies locks nobody out: the browser must clear them`,
    ],
  },
  {
    name: "the strict headers",
    edits: [{ file: `${HTTP}/security-headers.ts`, from: '"x-content-type-options": "nosniff",', to: "" }],
    tests: [
      `${TEST}/http/hygiene.test.ts › every response has the strict headers, including rejections and errors; HSTS needs HTTPS`,
    ],
  },
  {
    name: "hosts are checked, of requests",
    edits: [
      {
        file: `${HTTP}/server.ts`,
        from: "    if (!hosts.accepts(request)) return hosts.reject(response);\n",
        to: "",
      },
    ],
    tests: [
      `${TEST}/http/hygiene.test.ts › a host name that another site points here gets nothing, whatever it requests`,
    ],
  },
];
