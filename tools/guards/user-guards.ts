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
        file: "packages/orchestrator/src/auth/authenticate.ts",
        from: '        issuer,\n        audience: "authenticated",\n',
        to: "",
      },
    ],
    tests: [
      `${TEST}/auth/authenticate.test.ts › every token that is not Supabase's own for this project is refused with a sentence`,
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
      `${TEST}/db/row-security.test.ts › shows a user their own rows and lets them touch no other, whatever the statement`,
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
      `${TEST}/admin/admin.test.ts › the role comes from app_metadata alone; for everybody else there is nothing here`,
    ],
  },
  {
    name: "ended sessions",
    edits: [
      {
        file: "packages/orchestrator/src/auth/authenticate.ts",
        from: "if (user.session && isEnded(user.session.id))",
        to: "if (user.session && isEnded(user.session.id) && false)",
      },
    ],
    tests: [
      `${TEST}/account/session.test.ts › signing out closes the sockets of that sign-in on every orchestrator, and its tokens are refused`,
    ],
  },
  {
    name: "sockets of a user are limited",
    edits: [
      {
        file: "packages/orchestrator/src/sockets/browser-sockets.ts",
        from: "      if (here() >= max) throw tooMany(here());\n",
        to: "",
      },
      {
        file: "packages/orchestrator/src/sockets/browser-sockets.ts",
        from: "if (here() + elsewhere.of(userId) > max) {",
        to: "if (here() + elsewhere.of(userId) > 1e9) {",
      },
    ],
    tests: [
      `${TEST}/sockets/limits.test.ts › a user has as many sockets as they may, their own budget for a run, and none while suspended`,
    ],
  },
  {
    name: "bans are followed",
    edits: [
      { file: "packages/orchestrator/src/server.ts", from: "    await followBans(context);\n", to: "" },
    ],
    tests: [
      `${TEST}/sockets/limits.test.ts › who is banned in Supabase is suspended, their sockets close, and when the ban is over they go on`,
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
      `${TEST}/preview/preview.test.ts › a preview opens with its link only, and the link gives the page a cookie of its own host`,
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
    tests: [`${TEST}/preview/preview.test.ts › neither a link's token nor a share's is in any log line`],
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
    tests: [
      `${TEST}/preview/preview-browser.test.ts › with previews %s, an app finds the token of its link nowhere`,
    ],
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
      `${TEST}/preview/preview.test.ts › a pass in a path opens one version, and ends with its link or after some days`,
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
    tests: ["tools/local/test/rebinding.test.ts › sign-in answers this machine's own names only"],
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
    tests: ["tools/local/test/auth.test.ts › Leo's own page signs in with one click, no other page does"],
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
      "tools/local/test/own-user.test.ts › another user of this machine gets in with the password and not without, whatever it says of itself",
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
      "tools/local/test/own-user.test.ts › a socket of another user is not one's own, nor is one that nobody knows",
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
      "tools/local/test/auth.test.ts › no constant opens anything: passwords and the administrator's key are random",
    ],
  },
  {
    name: "the rights of the password's file",
    edits: [{ file: "tools/local/src/start/data-dir.ts", from: "    await chmod(file, 0o600);\n", to: "" }],
    tests: [
      "tools/local/test/start-settings.test.ts › the local users' password is made once, kept for this user only, and can be chosen",
    ],
  },
  {
    name: "the password stays in npm start",
    edits: [
      { file: "tools/local/src/start/orchestrator-env.ts", from: "LEO_(?!LOCAL_PASSWORD$)", to: "LEO_" },
    ],
    tests: [
      "tools/local/test/start-settings.test.ts › a real credential reaches the driver's container and nothing else",
    ],
  },
];
