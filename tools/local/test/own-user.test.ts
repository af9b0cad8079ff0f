/** Another user of this machine at the other end of a loopback connection. */
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { isOwnUser } from "../src/auth/own-user.ts";
import { withAuth } from "../src/testing/auth.ts";

const NOBODY = 65_534;
const isLinux = process.platform === "linux";

/** A connection of this process to itself; `host` is what the client connects to. */
const withConnection = async (host: string, run: (server: Socket) => Promise<void>) => {
  const listener = createServer();
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const accepted = once(listener, "connection") as Promise<[Socket]>;
  const client = connect((listener.address() as AddressInfo).port, host);
  try {
    const [server] = await accepted;
    await run(server);
    server.destroy();
  } finally {
    client.destroy();
    listener.close();
  }
};

test.each(["127.0.0.1", "::ffff:127.0.0.1"])("a connection of this user to %s is known as its own", (host) =>
  withConnection(host, async (server) => {
    expect(await isOwnUser(server)).toBe(true);
  }),
);

test.runIf(isLinux)("another user's socket isn't ours, and neither is one of unknown origin", () =>
  withConnection("127.0.0.1", async (server) => {
    const folder = await mkdtemp(path.join(tmpdir(), "leo-own-user-"));
    const table = path.join(folder, "tcp");
    const rows = (await readFile("/proc/net/tcp", "utf8")).split("\n");
    const as = (uid: number) =>
      rows.map((row) => row.replace(/^((?:\s*\S+){7})(\s+)\d+/, `$1$2${uid}`)).join("\n");
    await writeFile(table, as(process.getuid?.() === NOBODY ? 1 : NOBODY));
    expect(await isOwnUser(server, [table])).toBe(false);
    await writeFile(table, as(0));
    expect(await isOwnUser(server, [table])).toBe(true);
    await writeFile(table, rows[0] ?? "");
    expect(await isOwnUser(server, [table])).toBe(false);
    expect(await isOwnUser(server, [])).toBe(false);
    await rm(folder, { recursive: true });
  }),
);

test("another user of this machine needs the password, whoever they claim to be", () =>
  withAuth({ origins: ["http://localhost:5013"], isOwnUser: async () => false }, async (auth) => {
    const post = async (route: string, body: object) => {
      const headers = { origin: "http://localhost:5013", "content-type": "application/json" };
      const init = { method: "POST", headers, body: JSON.stringify(body) };
      return (await fetch(`${auth.url}/auth/v1/${route}`, init)).text();
    };
    const account = { email: "dev@leo.local", password: auth.localPassword };
    expect(await post("this-computer", {})).toContain("Another user of this machine runs Leo.");
    expect(await post("signup", { ...account, email: "new@leo.local" })).toContain("Another user");
    expect(await post("token?grant_type=password", account)).toContain("access_token");
  }));
