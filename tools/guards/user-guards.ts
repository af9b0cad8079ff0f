/** Guards of users, operators, previews, and of a laptop. */
import type { Guard } from "./guards.ts";

const HTTP = "packages/orchestrator/src/http";
const AUTH = "tools/local/src/auth";
const TEST = "orchestrator/test";

export const USER_GUARDS: readonly Guard[] = [
  {
    name: "issuer and audience of access tokens",
    edits: [
      {
        file: "packages/orchestrator/src/auth/verifier.ts",
        from: '        issuer,\n        audience: "authenticated",\n',
        to: "",
      },
    ],
    tests: [
      `${TEST}/auth/authenticate.test.ts › only Supabase's own tokens for this project are accepted; others are rejected with a sentence`,
    ],
  },
  {
    name: "row-level security, and the owner in the queries of apps",
    edits: [
      {
        file: "packages/orchestrator/src/db/schema/policies.ts",
        from: "export const isUser = (ownerId: AnyPgColumn): SQL => sql`${ownerId} = ${USER}`;",
        to: "export const isUser = (ownerId: AnyPgColumn): SQL => sql`${ownerId} is not null`;",
      },
    ],
    tests: [
      `${TEST}/db/row-security.test.ts › shows users their own rows and no others, whatever the statement`,
    ],
  },
  {
    name: "the operator's role",
    edits: [
      {
        file: `${HTTP}/administrator.ts`,
        from: '  if (user.role !== ADMIN_ROLE) throw new ApiFault("not_found", "There is nothing at this address.");\n',
        to: "",
      },
    ],
    tests: [
      `${TEST}/admin/admin.test.ts › only app_metadata makes an operator; for everyone else the page doesn't exist`,
    ],
  },
  {
    name: "ended sessions",
    edits: [
      {
        file: "packages/orchestrator/src/auth/verifier.ts",
        from: "if (user.session && isEnded(user.session.id))",
        to: "if (user.session && isEnded(user.session.id) && false)",
      },
    ],
    tests: [
      `${TEST}/account/session.test.ts › signing out closes that sign-in's sockets on every orchestrator and rejects its tokens`,
    ],
  },
  {
    name: "sockets of a user are limited",
    edits: [
      {
        file: "packages/orchestrator/src/sockets/browser-sockets.ts",
        from: "      if (count() >= max) throw tooMany(count());\n",
        to: "",
      },
      {
        file: "packages/orchestrator/src/sockets/browser-sockets.ts",
        from: "if (count() + elsewhere.of(userId) > max) {",
        to: "if (count() + elsewhere.of(userId) > 1e9) {",
      },
    ],
    tests: [
      `${TEST}/sockets/user-sockets.test.ts › a user has a limit of sockets and a budget per run, and no sockets while suspended`,
    ],
  },
  {
    name: "bans are followed",
    edits: [{ file: "packages/orchestrator/src/upkeep.ts", from: "    await followBans(app);\n", to: "" }],
    tests: [
      `${TEST}/sockets/user-sockets.test.ts › a ban in Supabase suspends the user and closes their sockets until it's lifted`,
    ],
  },
  {
    name: "the link of a preview",
    edits: [
      {
        file: "packages/orchestrator/src/preview/file.ts",
        from: "if (!pass && (share || isSameToken(token, ownerToken(previewKey, generationId)))) return { token, share };",
        to: "if (!pass) return { token, share };",
      },
    ],
    tests: [
      `${TEST}/preview/preview.test.ts › a preview opens only with its link, which sets a cookie for that host alone`,
      `${TEST}/preview/preview-browser.test.ts › with previews %s, a share link opens the app for anyone until it is revoked`,
    ],
  },
  {
    name: "tokens stay out of the log",
    edits: [
      {
        file: `${HTTP}/request-log.ts`,
        from: "      status: c.res.status,\n",
        to: "      status: c.res.status,\n      url: c.req.url,\n",
      },
      { file: "packages/orchestrator/src/telemetry/log.ts", from: "write(scrub(line))", to: "write(line)" },
    ],
    tests: [
      `${TEST}/preview/preview.test.ts › no log line contains the token of a preview link or a share link`,
    ],
  },
  {
    name: "tokens leave the address",
    edits: [
      {
        file: `${HTTP}/preview.ts`,
        from: '  if (address !== undefined) return c.body(null, 302, { location: address, "cache-control": "no-store" });\n',
        to: "",
      },
    ],
    tests: [`${TEST}/preview/preview-browser.test.ts › with previews %s, an app can't find its link's token`],
  },
  {
    name: "passes expire",
    edits: [
      {
        file: "packages/orchestrator/src/preview/file.ts",
        from: "pass.expiresAtMs <= nowMs || ",
        to: "",
      },
    ],
    tests: [
      `${TEST}/preview/preview.test.ts › a pass in a path opens one version, and expires with its link or after some days`,
    ],
  },
  {
    name: "no worker of an app is served",
    edits: [
      {
        file: `${HTTP}/preview.ts`,
        from: '    if (c.req.header("service-worker") !== undefined) return noFile(c);\n',
        to: "",
      },
    ],
    tests: [
      `${TEST}/preview/hostile-app-browser.test.ts › a hostile app on its own host reaches neither Leo nor another preview`,
    ],
  },
  {
    name: "an opaque origin under a path",
    edits: [
      {
        file: "packages/core/src/preview/serving.ts",
        from: "ownOrigin ? FRAME_SANDBOX : OPAQUE",
        to: "ownOrigin ? FRAME_SANDBOX : (OPAQUE, FRAME_SANDBOX)",
      },
    ],
    tests: [
      `${TEST}/preview/hostile-app-browser.test.ts › under a path a hostile app has no origin, neither its own nor Leo's`,
    ],
  },
  {
    name: "hosts of the local sign-in",
    edits: [
      {
        file: `${AUTH}/routes.ts`,
        from: 'if (namesThisMachine(context.req.header("host"))) return next();',
        to: "return next();",
      },
    ],
    tests: ["tools/local/test/rebinding.test.ts › sign-in only answers to this machine's own names"],
  },
  {
    name: "only Leo's page signs in without a password",
    edits: [
      {
        file: `${AUTH}/routes.ts`,
        from: 'if (!origins.includes(context.req.header("origin") ?? ""))',
        to: "if (origins.length < 0)",
      },
    ],
    tests: ["tools/local/test/auth.test.ts › only Leo's own page can sign in with one click"],
  },
  {
    name: "other users of the machine",
    edits: [
      {
        file: `${AUTH}/routes.ts`,
        from: "if (await isOwnUser(env.incoming.socket)) return;",
        to: "if (env) return;",
      },
    ],
    tests: [
      "tools/local/test/own-user.test.ts › another user of this machine needs the password, whoever they claim to be",
    ],
  },
  {
    name: "whose a socket is",
    edits: [
      {
        file: `${AUTH}/own-user.ts`,
        from: "return uid === 0 || uid === process.getuid?.();",
        to: "return true;",
      },
    ],
    tests: [
      "tools/local/test/own-user.test.ts › another user's socket isn't ours, and neither is one of unknown origin",
    ],
  },
  {
    name: "a random password",
    edits: [
      {
        file: "tools/local/src/auth.ts",
        from: 'options.localPassword ?? randomBytes(12).toString("base64url")',
        to: 'options.localPassword ?? "leo-local"',
      },
    ],
    tests: [
      "tools/local/test/auth.test.ts › nothing opens with a constant: passwords and the admin key are random",
    ],
  },
  {
    name: "the rights of the password's file",
    edits: [{ file: "tools/local/src/start/data-dir.ts", from: "    await chmod(file, 0o600);\n", to: "" }],
    tests: [
      "tools/local/test/start-settings.test.ts › the local password is generated once, readable by its owner only, and can be set",
    ],
  },
  {
    name: "the password stays in npm start",
    edits: [
      { file: "tools/local/src/start/orchestrator-env.ts", from: "LEO_(?!LOCAL_PASSWORD$)", to: "LEO_" },
    ],
    tests: [
      "tools/local/test/start-settings.test.ts › a real credential reaches only the driver's container",
    ],
  },
];
