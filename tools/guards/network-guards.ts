/** Guards of servers, sockets, limits and hosts. */
import type { Guard } from "./guards.ts";

const HTTP = "packages/orchestrator/src/http";
const SOCKETS = "packages/orchestrator/src/sockets";
const TEST = "orchestrator/test";

export const NETWORK_GUARDS: readonly Guard[] = [
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
      `${TEST}/limits/limits.test.ts › requests a minute of an address: what the caller writes into X-Forwarded-For does not help`,
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
      `${TEST}/limits/limits.test.ts › refused tokens of an address: no further one is looked at for a while`,
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
      `${TEST}/limits/limits.test.ts › a token that was good before is looked at, whatever others at its address tried out`,
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
    tests: [`${TEST}/limits/limits.test.ts › a suspended user may read and not write, on every route`],
  },
  {
    name: "foreign pages are rejected before they count",
    edits: [
      { file: "packages/orchestrator/src/api.ts", from: '"/api/*", rejectForeignPages, ', to: '"/api/*", ' },
    ],
    tests: [
      `${TEST}/limits/limits.test.ts › what a page of another site sends is rejected before it counts`,
      `${TEST}/preview/hostile-app-browser.test.ts › with previews %s, an app that asks Leo without end uses up nobody's allowance`,
      `${TEST}/routes/operations.test.ts › no other origin may read the API, and a lost database is a 500 without details`,
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
      `${TEST}/limits/limits.test.ts › signed-in users are counted by user: strangers at their address keep none of them out`,
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
    tests: [
      `${TEST}/http/health.test.ts › whoever asks for health without end asks the database once a second`,
    ],
  },
  {
    name: "made-up links are counted",
    edits: [{ file: `${HTTP}/preview.ts`, from: "    else guard.refusedPreview(address);\n", to: "" }],
    tests: [
      `${TEST}/preview/preview.test.ts › made-up links of one address are looked up so often and no more; those that work go on`,
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
      `${TEST}/preview/preview.test.ts › a page of another origin gets no part of a preview, before anything is looked up`,
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
      `${TEST}/http/hygiene.test.ts › who sends a byte now and then is cut in the headers and in the body, and so is who sends nothing`,
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
      `${TEST}/http/hygiene.test.ts › who reads nothing of a large answer holds no more than a part of it, and is cut`,
    ],
  },
  {
    name: "the limit of bodies",
    edits: [
      { file: "packages/orchestrator/src/api.ts", from: "maxSize: BODY_MAX_BYTES,", to: "maxSize: 1e9," },
    ],
    tests: [
      `${TEST}/http/hygiene.test.ts › a body over 64 KiB is refused in a sentence before it is read, however it is announced`,
    ],
  },
  {
    name: "the limit of connections",
    edits: [
      { file: `${HTTP}/server.ts`, from: "  server.maxConnections = config.LEO_CONNECTIONS_MAX;\n", to: "" },
    ],
    tests: [
      `${TEST}/http/hygiene.test.ts › connections over the limit are refused and told once, and those that there are go on`,
    ],
  },
  {
    name: "answers to what is no HTTP",
    edits: [{ file: `${HTTP}/server.ts`, from: "  answerMalformed(server, config);\n", to: "" }],
    tests: [
      `${TEST}/http/hygiene.test.ts › what is no proper HTTP is refused without a word about Leo's insides, and the next request is served`,
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
      `${TEST}/http/hygiene.test.ts › too large headers get a sentence, the strict headers, and the word to delete the site's cookies`,
      `${TEST}/preview/hostile-app-browser.test.ts › an app on Leo's site that fills its cookies keeps nobody out: the browser is told to delete them`,
    ],
  },
  {
    name: "the strict headers",
    edits: [{ file: `${HTTP}/security-headers.ts`, from: '"x-content-type-options": "nosniff",', to: "" }],
    tests: [
      `${TEST}/http/hygiene.test.ts › every answer has the strict headers, refusals and errors too; HSTS needs HTTPS`,
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
      `${TEST}/http/hygiene.test.ts › a name that another site leads here gets nothing, whatever it asks for`,
    ],
  },
  {
    name: "hosts are checked, of sockets",
    edits: [
      {
        file: `${SOCKETS}/upgrade.ts`,
        from: '    if (!route.isKnownHost(request)) return reject(stream, "421 Misdirected Request");\n',
        to: "",
      },
    ],
    tests: [`${TEST}/sockets/hygiene.test.ts › a socket under another site's name is not opened`],
  },
  {
    name: "origins of sockets are checked",
    edits: [
      {
        file: `${SOCKETS}/upgrade.ts`,
        from: '    if (origin !== undefined && !route.isAllowedOrigin(origin)) return reject(stream, "403 Forbidden");\n',
        to: "",
      },
    ],
    tests: [
      `${TEST}/sockets/sockets.test.ts › a page of another origin cannot open the socket`,
      `${TEST}/sockets/hygiene.test.ts › no upgrade request, however odd, is answered but with a refusal, and none ends the process`,
    ],
  },
  {
    name: "pieces of a message are limited",
    edits: [{ file: `${SOCKETS}/upgrade.ts`, from: "    maxFragments: FRAGMENTS_MAX,\n", to: "" }],
    tests: [
      `${TEST}/sockets/hygiene.test.ts › compressed, unmasked, broken and over-long frames close the socket and cost nothing`,
    ],
  },
  {
    name: "nothing is read before a token is known",
    edits: [
      {
        file: `${SOCKETS}/generator-socket.ts`,
        from: "until the token is looked up.\n      socket.pause();\n",
        to: "until the token is looked up.\n",
      },
    ],
    tests: [`${TEST}/sockets/hygiene.test.ts › nothing of a generator is read before its token is known`],
  },
  {
    name: "peers that never read are cut",
    edits: [
      {
        file: `${SOCKETS}/keepalive.ts`,
        from: "    if (socket.bufferedAmount > UNREAD_MAX_BYTES) socket.terminate();\n",
        to: "",
      },
      {
        file: `${SOCKETS}/keepalive.ts`,
        from: "    if (performance.now() - heardAt > peerSilentMs) socket.terminate();\n",
        to: "",
      },
    ],
    tests: [`${TEST}/sockets/hygiene.test.ts › a peer that asks and never reads is cut`],
  },
  {
    name: "there is nothing else on the generators' port",
    edits: [
      {
        file: `${SOCKETS}/upgrade.ts`,
        from: '    if (path !== route.path) return reject(stream, "404 Not Found");\n',
        to: "",
      },
    ],
    tests: [
      `${TEST}/sockets/generator-port.test.ts › on the generators' port there is their socket and nothing else, and their socket is nowhere else`,
    ],
  },
  {
    name: "what a generator says of its address counts for nothing",
    edits: [
      {
        file: `${SOCKETS}/generator-door.ts`,
        from: 'refused.waitMs(clientAddress(request, 0) ?? "")',
        to: 'refused.waitMs(clientAddress(request, 1) ?? "")',
      },
    ],
    tests: [
      `${TEST}/sockets/generator-port.test.ts › a generator that tries out tokens in somebody else's name locks nobody out but its own address`,
    ],
  },
  {
    name: "the form of attempt tokens",
    edits: [
      {
        file: `${SOCKETS}/generator-socket.ts`,
        from: "token !== undefined && isAttemptToken(token)",
        to: "token !== undefined",
      },
    ],
    tests: [
      `${TEST}/sockets/generator-port.test.ts › the database is asked about no text that is not a token`,
    ],
  },
  {
    name: "the generators' own port in the security groups",
    edits: [
      {
        file: "infra/security-groups.ts",
        from: "  fromPort: GENERATOR_PORT,\n  toPort: GENERATOR_PORT,\n",
        to: "  fromPort: 5013,\n  toPort: 5014,\n",
      },
      { file: "infra/security-groups.ts", from: "  port: GENERATOR_PORT,\n", to: "  port: 5013,\n" },
    ],
    tests: [
      "infra/test/prod.test.ts › a generator reaches the port of its socket, HTTP and HTTPS, and no other port, the API's neither",
    ],
  },
  {
    name: "the load balancer's only port",
    edits: [
      {
        file: "infra/load-balancer.ts",
        from: "fromPort: PORT, toPort: PORT, securityGroups",
        to: "fromPort: 22, toPort: PORT, securityGroups",
      },
      { file: "infra/orchestrator.ts", from: "    fromPort: PORT,\n", to: "    fromPort: 22,\n" },
    ],
    tests: ["infra/test/prod.test.ts › the load balancer reaches the orchestrator's port and nothing else"],
  },
];
