/** Guards of sockets, and of who reaches which port. */
import type { Guard } from "./guards.ts";

const SOCKETS = "packages/orchestrator/src/sockets";
const TEST = "orchestrator/test";

export const SOCKET_GUARDS: readonly Guard[] = [
  {
    name: "hosts are checked, of sockets",
    edits: [
      {
        file: `${SOCKETS}/upgrade.ts`,
        from: '    if (!route.isKnownHost(request)) return reject(stream, "421 Misdirected Request");\n',
        to: "",
      },
    ],
    tests: [`${TEST}/sockets/hygiene.test.ts › a socket can't be opened under another site's host name`],
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
      `${TEST}/sockets/hygiene.test.ts › odd upgrade requests are all rejected, and none kills the process`,
    ],
  },
  {
    name: "pieces of a message are limited",
    edits: [{ file: `${SOCKETS}/upgrade.ts`, from: "    maxFragments: FRAGMENTS_MAX,\n", to: "" }],
    tests: [
      `${TEST}/sockets/hygiene.test.ts › compressed, unmasked, broken and oversized frames close the socket and cost nothing`,
    ],
  },
  {
    name: "nothing is read before a token is known",
    edits: [
      {
        file: `${SOCKETS}/generator-session.ts`,
        from: '{ type: "pause" }, { type: "identify"',
        to: '{ type: "identify"',
      },
    ],
    tests: [
      `${TEST}/sockets/hygiene.test.ts › nothing a generator sends is read before its token is verified`,
    ],
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
    tests: [`${TEST}/sockets/hygiene.test.ts › a peer that sends requests and never reads is disconnected`],
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
      `${TEST}/sockets/generator-port.test.ts › the generators' port serves only their socket, and no other port serves it`,
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
      `${TEST}/sockets/generator-port.test.ts › a generator that guesses tokens under another address locks out only its own`,
    ],
  },
  {
    name: "the form of attempt tokens",
    edits: [
      {
        file: `${SOCKETS}/generator-session.ts`,
        from: "token === undefined || !isAttemptToken(token)",
        to: "token === undefined",
      },
    ],
    tests: [
      `${TEST}/sockets/generator-port.test.ts › text that isn't shaped like a token never reaches the database`,
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
      "infra/test/prod.test.ts › a generator reaches its socket's port, HTTP and HTTPS, but not the API's or any other port",
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
    tests: ["infra/test/prod.test.ts › the load balancer reaches only the orchestrator's port"],
  },
];
