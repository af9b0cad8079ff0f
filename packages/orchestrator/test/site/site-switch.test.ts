/** Switches as visitors meet them: under load, on two orchestrators, and when one dies in the middle. */
import { Agent, request } from "node:http";
import { freePort } from "@leo/local/free-port.ts";
import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { appSitePrefix } from "@leo/core/artifact.ts";
import type { Site } from "@leo/core/site.ts";
import { siteVersions } from "../../src/db/schema.ts";
import { removeSiteCopies } from "../../src/site/remove-copies.ts";
import { spawnProcess, type OrchestratorProcess } from "../chaos/orchestrator-process.ts";
import { withApi, type TestApi } from "../support/api.ts";
import { BASE_ENV, HIGH_LIMITS } from "../support/context.ts";
import { builtFiles, makeApp, PAGE, publish } from "../support/site.ts";

/** Runs with orchestrators as processes of their own beside the API, on the same database and bucket. */
const withProcesses = (
  count: number,
  run: (api: TestApi, processes: OrchestratorProcess[]) => Promise<void>,
): Promise<void> =>
  withApi(async (api) => {
    const { DATABASE_URL, SUPABASE_URL, LEO_BUCKET } = api.context.config;
    const env = {
      ...BASE_ENV,
      ...HIGH_LIMITS,
      ...api.bucket.env,
      DATABASE_URL,
      SUPABASE_URL,
      LEO_BUCKET,
      // Nothing is launched here, and nobody is there to launch it.
      LEO_VCPU_BUDGET: "0.1",
      AWS_ENDPOINT_URL_ECS: "http://127.0.0.1:1",
    };
    const processes: OrchestratorProcess[] = [];
    try {
      for (let started = 0; started < count; started += 1)
        processes.push(spawnProcess({ port: await freePort(), generatorPort: await freePort() }, env));
      await Promise.all(processes.map((each) => each.healthy()));
      await run(api, processes);
    } finally {
      await Promise.all(processes.filter((each) => each.isRunning()).map((each) => each.kill("SIGKILL")));
    }
  });

const agent = new Agent({ keepAlive: true });

const get = (port: number, host: string, path: string): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const sent = request({ agent, hostname: "127.0.0.1", port, path, headers: { ...PAGE, host } });
    sent.on("error", reject);
    sent.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => (text += part));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.end();
  });

const SWITCHES = 50;
const REQUESTS = 2_000;
const VISITORS = 8;

test(
  "50 switches fail none of 2,000 requests, and no page gets the script of another",
  { timeout: 180_000 },
  () =>
    withProcesses(2, async (api, processes) => {
      const texts = ["one", "two", "three"];
      const { appId, versions } = await makeApp(api, api.ann, { versions: texts.map(builtFiles) });
      const { body } = await publish(api, api.ann, appId, versions[0]);
      const { host } = new URL(body.url);
      let requests = 0;
      const switching = new AbortController();
      const seen = new Set<string>();
      const visitor = async (_: unknown, index: number) => {
        const { port } = processes[index % processes.length] ?? processes[0] ?? { port: 0 };
        while (!switching.signal.aborted || requests < REQUESTS) {
          const page = await get(port, host, "/");
          const text = /<title>(\w+)<\/title>/.exec(page.text)?.[1] ?? "";
          const script = /src="\.(.*?)"/.exec(page.text)?.[1] ?? "";
          const { status, text: code } = await get(port, host, script);
          expect([page.status, status, code]).toEqual([200, 200, `document.body.append("${text}");`]);
          seen.add(text);
          requests += 2;
        }
      };
      const visits = Promise.all(Array.from({ length: VISITORS }, visitor));
      for (let index = 1; index <= SWITCHES; index += 1) {
        const { status } = await publish(api, api.ann, appId, versions[index % versions.length]);
        expect(status).toBe(200);
      }
      switching.abort();
      await visits;
      expect(requests).toBeGreaterThanOrEqual(REQUESTS);
      expect([...seen].toSorted()).toEqual(texts.toSorted());

      await api.call(api.ann, "POST", `/api/apps/${appId}/site/unpublish`);
      for (const { port } of processes)
        await expect.poll(async () => (await get(port, host, "/")).status).toBe(410);
    }),
);

const MANY_FILES = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`data/${index}.txt`, "x"]));

test("an orchestrator killed between copy and switch leaves the old site, and its copy is removed", () =>
  withProcesses(1, async (api, [dying]) => {
    const { appId, versions } = await makeApp(api, api.ann, {
      versions: [builtFiles("one"), { ...builtFiles("two"), ...MANY_FILES }],
    });
    const { body } = await publish(api, api.ann, appId, versions[0]);
    const { pool, orm } = api.context.database;
    const copies = () => orm.select().from(siteVersions).where(eq(siteVersions.state, "copying"));
    const countKeys = async () => {
      let count = 0;
      for await (const object of api.context.storage.list(`${appSitePrefix(appId)}${versions[1]}/`))
        count += object.key ? 1 : 0;
      return count;
    };
    // Whoever holds the app's row keeps the switch waiting.
    const holder = await pool.connect();
    const asked = fetch(`http://127.0.0.1:${dying?.port}/api/apps/${appId}/site/publish`, {
      method: "POST",
      headers: { authorization: `Bearer ${api.ann}`, "content-type": "application/json" },
      body: JSON.stringify({ generationId: versions[1] }),
    }).then(
      () => "answered",
      () => "cut",
    );
    await expect.poll(async () => (await copies()).length, { interval: 1 }).toBe(1);
    await holder.query("begin");
    await holder.query("select id from leo.apps where id = $1 for update", [appId]);
    await expect.poll(countKeys).toBe(402);
    await dying?.kill("SIGKILL");
    await holder.query("rollback");
    holder.release();
    expect(await asked).toBe("cut");

    const { body: site } = await api.call<Site>(api.ann, "GET", `/api/apps/${appId}/site`);
    expect(site).toMatchObject({ state: "published", live: { generationId: versions[0] }, url: body.url });
    // It may still be at work, as far as anybody knows.
    expect(await removeSiteCopies(api.context)).toBe(0);
    const later = { ...api.context, now: () => new Date(Date.now() + 11 * 60_000) };
    expect(await removeSiteCopies(later)).toBe(1);
    expect([await countKeys(), await copies()]).toEqual([0, []]);
    expect((await publish(api, api.ann, appId, versions[1])).body.live?.generationId).toBe(versions[1]);
  }));
