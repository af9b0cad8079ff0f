/** Publishing an app as a site: what may be published, what visitors get, and who decides. */
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { AuditEntry } from "@leo/core/admin.ts";
import { appSitePrefix, SITES_PREFIX } from "@leo/core/artifact.ts";
import { newId } from "@leo/core/id.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { SiteSlug, slugProblem, type AdminSite } from "@leo/core/site.ts";
import { generations, siteVersions } from "../../src/db/schema.ts";
import { purgeDeletedApps, purgeExpired } from "../../src/generation/purge.ts";
import { siteHostSlug, siteUrl } from "../../src/site/address.ts";
import { removeSiteCopies } from "../../src/site/remove-copies.ts";
import { proposedSlug } from "../../src/site/slug.ts";
import { previewHostId, previewPlace } from "../../src/preview/url.ts";
import { withApi, type TestApi } from "../support/api.ts";
import {
  addRun,
  builtFiles,
  change,
  makeApp,
  PAGE,
  publish,
  unpublish,
  visit,
  type SiteAnswer,
} from "../support/site.ts";

const DAY_MS = 24 * 3_600_000;

const titleOf = async (api: TestApi, url: string) => {
  const { status, body } = await visit(api, url, { headers: PAGE });
  return [status, /<title>(.*?)<\/title>/.exec(body.toString())?.[1]];
};

const keysUnder = async ({ s3, bucket }: TestApi, prefix: string) => {
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket: bucket.bucket, Prefix: prefix }),
  );
  return Contents.map(({ Key = "" }) => Key);
};

const refusal = ({ status, body }: SiteAnswer) => [status, body.error.message];

/** A change is seen everywhere within two seconds; nobody tells this API's own server sooner. */
const eventually = async (api: TestApi, url: string, page: [status: number, title: string]) => {
  await expect.poll(() => titleOf(api, url)).toEqual(page);
};

test("an app is published under its name, another version takes its place, and one goes back", () =>
  withApi(async (api) => {
    const versions = ["one", "two", "three"].map(builtFiles);
    const { appId, versions: ids } = await makeApp(api, api.ann, { name: "Café à gogo!", versions });
    const before = await api.call(api.ann, "GET", `/api/apps/${appId}/site`);
    expect(before.body).toEqual({
      state: "new",
      slug: "cafe-a-gogo",
      url: "http://cafe-a-gogo.localhost:5013/",
      visibility: "public",
      noindex: true,
      held: [],
      ownOrigin: true,
    });
    const first = await publish(api, api.ann, appId, ids[0]);
    expect(first.body).toMatchObject({ state: "published", url: "http://cafe-a-gogo.localhost:5013/" });
    const { url } = first.body;
    await eventually(api, url, [200, "one"]);
    for (const [index, text] of [
      [1, "two"],
      [2, "three"],
      [0, "one"],
    ] as const) {
      const { status, body } = await publish(api, api.ann, appId, ids[index]);
      expect([status, body.url, body.live?.generationId]).toEqual([200, url, ids[index]]);
      await eventually(api, url, [200, text]);
    }
    // Going back copied nothing.
    expect(new Set((await keysUnder(api, appSitePrefix(appId))).map((key) => key.split("/")[3])).size).toBe(
      3,
    );

    expect((await unpublish(api, api.ann, appId)).body).toMatchObject({ state: "unpublished", url });
    await eventually(api, url, [410, "This site is gone"]);
    await publish(api, api.ann, appId, ids[1]);
    await eventually(api, url, [200, "two"]);
  }));

test("a published site outlives its version, and goes with its app", () =>
  withApi(async (api) => {
    const { appId, versions } = await makeApp(api, api.ann, {
      versions: [builtFiles("one"), builtFiles("two")],
    });
    const { body } = await publish(api, api.ann, appId, versions[0]);
    await api.context.database.orm
      .update(generations)
      .set({ finishedAt: new Date(Date.now() - 40 * DAY_MS) });
    expect(await purgeExpired(api.context)).toBe(2);
    await removeSiteCopies(api.context);
    expect(await titleOf(api, body.url)).toEqual([200, "one"]);
    // What the site holds can be gone back to; what has expired cannot be published.
    expect((await publish(api, api.ann, appId, versions[0])).status).toBe(200);
    expect(refusal(await publish(api, api.ann, appId, versions[1]))).toEqual([
      404,
      "The files of this version were kept for a time and are gone.",
    ]);

    expect((await keysUnder(api, SITES_PREFIX)).length).toBe(2);
    await api.call(api.ann, "DELETE", `/api/apps/${appId}`);
    await eventually(api, body.url, [404, "No site here"]);
    await purgeDeletedApps(api.context);
    expect(await keysUnder(api, SITES_PREFIX)).toEqual([]);
    const other = await makeApp(api, api.bob);
    expect((await publish(api, api.bob, other.appId, other.versions[0], { slug: body.slug })).status).toBe(
      200,
    );
  }));

test("only a finished version of the app with a built page is published", () =>
  withApi(async (api) => {
    const { appId, versions } = await makeApp(api, api.ann);
    const other = await makeApp(api, api.ann);
    const foreign = await makeApp(api, api.bob);
    const bare = await makeApp(api, api.ann, { versions: [{ "notes.txt": "x" }] });
    const waiting = await addRun(api, api.ann, appId);
    const cases: [app: string, generationId: string | undefined, status: number, sentence: string][] = [
      [appId, waiting.id, 409, "Only a completed version can be published. This run has none."],
      [appId, other.versions[0], 404, "There is no such generation."],
      [appId, foreign.versions[0], 404, "There is no such generation."],
      [appId, newId(), 404, "There is no such generation."],
      [foreign.appId, foreign.versions[0], 404, "There is no such app."],
      [
        bare.appId,
        bare.versions[0],
        409,
        "This version has no built page to publish. Choose one with a preview.",
      ],
    ];
    for (const [app, generationId, status, sentence] of cases)
      expect(refusal(await publish(api, api.ann, app, generationId))).toEqual([status, sentence]);
    expect((await publish(api, api.ann, appId, undefined)).status).toBe(400);
    for (const answer of [
      await unpublish(api, api.ann, appId),
      await change(api, api.ann, appId, { noindex: false }),
    ])
      expect(refusal(answer)).toEqual([409, "This app has not been published yet."]);
    expect((await publish(api, api.ann, appId, versions[0])).status).toBe(200);
  }));

test("a version whose objects are gone is not published, and the site stays as it was", () =>
  withApi(async (api) => {
    const { appId, versions } = await makeApp(api, api.ann, {
      versions: [builtFiles("one"), builtFiles("two")],
    });
    const { body } = await publish(api, api.ann, appId, versions[0]);
    const gone = (await keysUnder(api, `apps/${appId}/${versions[1]}/`)).find((key) =>
      key.includes("assets/"),
    );
    await api.context.storage.delete([gone ?? ""]);
    const { status, body: said } = await publish(api, api.ann, appId, versions[1]);
    expect([status, said.error.message]).toEqual([409, expect.stringContaining("no longer kept")]);
    expect(await titleOf(api, body.url)).toEqual([200, "one"]);
    expect((await keysUnder(api, appSitePrefix(appId))).length).toBe(2);
    await removeSiteCopies(api.context);
    expect(await api.context.database.orm.select().from(siteVersions)).toHaveLength(1);
  }));

const withManifest = async (api: TestApi, generationId: string | undefined, dist: object[]) =>
  api.context.database.pool.query(
    "update leo.generations set manifest = jsonb_set(manifest, '{dist}', $2) where id = $1",
    [generationId, JSON.stringify(dist)],
  );

const fileOf = (path: string, sizeBytes: number) => ({ path, sizeBytes, sha256: "0".repeat(64) });

test("a version with too many or too large files is refused with the numbers", () =>
  withApi(async (api) => {
    const { appId, versions } = await makeApp(api, api.ann);
    const many = Array.from({ length: 9_999 }, (_, index) => fileOf(`${index}.txt`, 1));
    await withManifest(api, versions[0], [fileOf("index.html", 1), ...many]);
    expect(refusal(await publish(api, api.ann, appId, versions[0]))).toEqual([
      409,
      "This version has 10000 built files; a site may have 5000. Ask Leo to leave some out.",
    ]);
    const large = Array.from({ length: 20 }, (_, index) => fileOf(`${index}.mp4`, LIMITS.fileMaxBytes));
    await withManifest(api, versions[0], [fileOf("index.html", 1), ...large]);
    expect(refusal(await publish(api, api.ann, appId, versions[0]))).toEqual([
      409,
      "This version's built files have 201 MB; a site may have 100 MB. Ask Leo to make its pictures and media smaller.",
    ]);
  }));

test("a user has so many sites and so many bytes, and room again once one is unpublished", () =>
  withApi(async (api) => {
    const mine = await makeApp(api, api.ann);
    const full = await makeApp(api, api.ann);
    await publish(api, api.ann, full.appId, full.versions[0]);
    const { pool, orm } = api.context.database;
    const setBytes = (sizeBytes: number) => orm.update(siteVersions).set({ sizeBytes });
    await setBytes(LIMITS.siteBytesPerUser);
    const large = await publish(api, api.ann, mine.appId, mine.versions[0]);
    expect(refusal(large)).toEqual([
      429,
      "Your other sites have 1024 MB and this one has 1 MB; the limit is 1024 MB. Unpublish one to publish another.",
    ]);
    await setBytes(1);
    await pool.query(
      `with made as (
         insert into leo.apps (id, owner_id, name) select gen_random_uuid(), owner_id, 'x' from leo.apps
         cross join generate_series(1, $2) where id = $1 returning id, owner_id
       ), copied as (
         insert into leo.site_versions (id, app_id, owner_id, generation_id, state, prefix, files, size_bytes, created_at, copy_until)
         select gen_random_uuid(), id, owner_id, $3, 'ready', 'x', '[]', 1, now(), now() from made returning id, app_id, owner_id
       )
       insert into leo.sites (app_id, owner_id, live_id, published_at) select app_id, owner_id, id, now() from copied`,
      [full.appId, LIMITS.sitesPerUser - 1, full.versions[0]],
    );
    expect(refusal(await publish(api, api.ann, mine.appId, mine.versions[0]))).toEqual([
      429,
      "You have 20 published sites, the limit is 20. Unpublish one to publish another.",
    ]);
    // Those that are published may change.
    expect((await publish(api, api.ann, full.appId, full.versions[0])).status).toBe(200);
    await unpublish(api, api.ann, full.appId);
    expect((await publish(api, api.ann, mine.appId, mine.versions[0])).status).toBe(200);
  }));

test("a version with apparent secrets is published only after its owner has reviewed them", () =>
  withApi(async (api) => {
    const secret = `ghp_${"a1B2".repeat(9)}`;
    const dist = (text: string) => ({ ...builtFiles(text), "config.js": `const token = "${secret}";` });
    const { appId, versions } = await makeApp(api, api.ann, { versions: [dist("one"), dist("two")] });
    const refused = await publish(api, api.ann, appId, versions[0]);
    expect([refused.status, refused.body.error.code]).toEqual([409, "secrets_found"]);
    expect(JSON.stringify(refused.body)).not.toContain(secret);
    const { digest } = refused.body.error.details as { digest: string };
    expect((await publish(api, api.ann, appId, versions[0], { confirm: "other" })).status).toBe(409);
    expect((await publish(api, api.ann, appId, versions[0], { confirm: digest })).status).toBe(200);
    // The same secrets in the next version were accepted already.
    expect((await publish(api, api.ann, appId, versions[1])).status).toBe(200);
  }));

test("an address is taken once; a bad one is refused with a sentence that says why", () =>
  withApi(async (api) => {
    const [anns, bobs] = [await makeApp(api, api.ann), await makeApp(api, api.bob)];
    const first = await publish(api, api.ann, anns.appId, anns.versions[0]);
    expect(first.body.slug).toBe("todo-list");
    const second = await publish(api, api.bob, bobs.appId, bobs.versions[0]);
    expect(second.body.slug).toMatch(/^todo-list-[a-z2-9]{4}$/);
    const cases: [slug: string, status: number, sentence: string | RegExp][] = [
      ["todo-list", 409, "The address “todo-list” is taken. Choose another one."],
      ["www", 400, /“www” is reserved/],
      ["größe", 400, /not “ö”/],
      ["todo list", 400, /not “ ”/],
      ["todo.list", 400, /not “\.”/],
      ["", 400, /is empty/],
      ["a", 400, /at least 3 characters/],
      ["a".repeat(51), 400, /at most 50 characters. This one has 51/],
      ["-todo", 400, /start and end with/],
      ["xn--abc", 400, /two hyphens/],
      [newId(), 400, /look like an ID/],
      [newId().replaceAll("-", ""), 400, /look like an ID/],
    ];
    for (const [slug, status, sentence] of cases) {
      const answer = await change(api, api.bob, bobs.appId, { slug });
      const told = answer.status === 400 ? JSON.stringify(answer.body.error) : answer.body.error.message;
      expect([slug, answer.status, told]).toEqual([
        slug,
        status,
        typeof sentence === "string" ? sentence : expect.stringMatching(sentence),
      ]);
    }
    expect(await titleOf(api, second.body.url)).toEqual([200, "one"]);
    const upper = await change(api, api.bob, bobs.appId, { slug: " My-Todos " });
    expect([upper.status, upper.body.slug]).toEqual([200, "my-todos"]);
  }));

test("an old address leads to the new one, whatever was changed in between, and is free after a time", () =>
  withApi(async (api) => {
    const { appId, versions } = await makeApp(api, api.ann);
    const { body } = await publish(api, api.ann, appId, versions[0]);
    const old = body.url;
    for (const slug of ["second", "third"])
      expect((await change(api, api.ann, appId, { slug })).status).toBe(200);
    for (const url of [old, "http://second.localhost:5013/"]) {
      await expect.poll(async () => (await visit(api, url)).status).toBe(302);
      const moved = await visit(api, `${url}deep/page?q=1`);
      expect(moved.headers.location).toBe("http://third.localhost:5013/deep/page?q=1");
    }
    // Nobody else gets it meanwhile; its app takes it back.
    const bobs = await makeApp(api, api.bob);
    expect((await publish(api, api.bob, bobs.appId, bobs.versions[0], { slug: body.slug })).status).toBe(409);
    expect((await change(api, api.ann, appId, { slug: body.slug })).body.url).toBe(old);
    await eventually(api, old, [200, "one"]);
    await expect.poll(async () => (await visit(api, "http://third.localhost:5013/")).status).toBe(302);
    await api.context.database.pool.query(
      "update leo.site_addresses set former_until = now() - interval '1 second' where former_until is not null",
    );
    await removeSiteCopies(api.context);
    await expect.poll(async () => (await visit(api, "http://third.localhost:5013/")).status).toBe(404);
    expect((await publish(api, api.bob, bobs.appId, bobs.versions[0], { slug: "third" })).status).toBe(200);
    for (const slug of ["n-1", "n-2", "n-3", "n-4", "n-5"]) await change(api, api.ann, appId, { slug });
    const { rows } = await api.context.database.pool.query(
      "select slug from leo.site_addresses where app_id = $1 and former_until is not null order by slug",
      [appId],
    );
    expect(rows).toEqual(["n-2", "n-3", "n-4"].map((slug) => ({ slug })));
  }, {}));

test("two publishes at once: the last that was asked for is live, the other says so", () =>
  withApi(async (api) => {
    const { appId, versions } = await makeApp(api, api.ann, {
      versions: [builtFiles("one"), builtFiles("two")],
    });
    const { storage } = api.context;
    const copy = storage.copy.bind(storage);
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    storage.copy = async (from, to) => {
      if (from.includes(versions[0] ?? "")) {
        begun.resolve();
        await goOn.promise;
      }
      return copy(from, to);
    };
    const first = publish(api, api.ann, appId, versions[0]);
    await begun.promise;
    const second = await publish(api, api.ann, appId, versions[1]);
    goOn.resolve();
    expect(second.body.live?.generationId).toBe(versions[1]);
    expect(refusal(await first)).toEqual([
      409,
      expect.stringContaining("while this version was being published"),
    ]);
    expect(await titleOf(api, second.body.url)).toEqual([200, "two"]);
    expect(await keysUnder(api, `${appSitePrefix(appId)}${versions[0]}/`)).toEqual([]);
  }));

test("an unpublish during a publish wins: nothing is live after both", () =>
  withApi(async (api) => {
    const { appId, versions } = await makeApp(api, api.ann, {
      versions: [builtFiles("one"), builtFiles("two")],
    });
    const { body } = await publish(api, api.ann, appId, versions[0]);
    const { storage } = api.context;
    const copy = storage.copy.bind(storage);
    storage.copy = async (from, to) => {
      storage.copy = copy;
      expect((await unpublish(api, api.ann, appId)).status).toBe(200);
      return copy(from, to);
    };
    expect((await publish(api, api.ann, appId, versions[1])).status).toBe(409);
    await eventually(api, body.url, [410, "This site is gone"]);
  }));

test("the copies that a site holds are few, and those that are live or fresh stay", () =>
  withApi(async (api) => {
    const texts = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const { appId, versions } = await makeApp(api, api.ann, { versions: texts.map(builtFiles) });
    for (const id of versions) expect((await publish(api, api.ann, appId, id)).status).toBe(200);
    expect(await removeSiteCopies(api.context)).toBe(0);
    const later = { ...api.context, now: () => new Date(Date.now() + 2 * 3_600_000) };
    const counts = await Promise.all([removeSiteCopies(later), removeSiteCopies(later)]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(2);
    const { body } = await publish(api, api.ann, appId, versions.at(-1));
    expect(body.held.toSorted()).toEqual(versions.slice(2).toSorted());
    expect((await keysUnder(api, appSitePrefix(appId))).length).toBe(12);
  }));

test("taking a site down needs a reason: visitors get 410, its owner reads why, and it's audited", () =>
  withApi(async (api) => {
    const { appId, versions } = await makeApp(api, api.ann);
    const { body } = await publish(api, api.ann, appId, versions[0]);
    const adminId = newId();
    const admin = await api.sign(adminId, { email: "op@example.com", app_metadata: { role: "admin" } });
    const list = async () =>
      (await api.call<{ sites: AdminSite[] }>(admin, "GET", "/api/admin/sites")).body.sites;
    expect(await list()).toMatchObject([{ appId, state: "published", url: body.url, appName: "Todo list" }]);
    const path = `/api/admin/sites/${appId}`;
    expect((await api.call(admin, "POST", `${path}/take-down`, { reason: " " })).status).toBe(400);
    const reason = "It asks for passwords of a bank.";
    expect((await api.call(admin, "POST", `${path}/take-down`, { reason })).body).toMatchObject({
      state: "taken_down",
      takenDown: { reason },
    });
    await eventually(api, body.url, [410, "This site is gone"]);
    const answers = [
      await publish(api, api.ann, appId, versions[0]),
      await change(api, api.ann, appId, { slug: "elsewhere" }),
      await unpublish(api, api.ann, appId),
    ];
    for (const answer of answers)
      expect(refusal(answer)).toEqual([
        409,
        `An administrator took this site down: ${reason} Ask them to allow it again.`,
      ]);
    expect((await api.call(api.ann, "GET", `/api/apps/${appId}/site`)).body).toMatchObject({
      state: "taken_down",
      takenDown: { reason },
    });
    expect((await api.call(admin, "POST", `${path}/allow`)).body).toMatchObject({ state: "unpublished" });
    expect((await api.call(admin, "POST", `${path}/allow`)).status).toBe(409);
    expect((await publish(api, api.ann, appId, versions[0])).status).toBe(200);
    const { body: audit } = await api.call<{ entries: AuditEntry[] }>(
      admin,
      "GET",
      `/api/admin/audit?targetId=${appId}`,
    );
    expect(audit.entries.map(({ action, actorId }) => [action, actorId])).toEqual([
      ["site_allow", adminId],
      ["site_take_down", adminId],
    ]);
    expect(audit.entries[1]).toMatchObject({
      before: { state: "published" },
      after: { state: "taken_down", takenDown: { reason } },
    });
  }));

const SETTINGS = {
  LEO_PUBLIC_URL: "https://leo.example",
  LEO_PREVIEW_URL_TEMPLATE: "https://{generationId}.apps.example/",
} as Parameters<typeof proposedSlug>[0];
const template = SETTINGS.LEO_PREVIEW_URL_TEMPLATE;

test("every app name gives a valid slug, which is never an id; a host has one meaning", () => {
  const names = fc.oneof(
    fc.string({ minLength: 1, maxLength: 80 }),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 80 }),
    fc.stringMatching(/^[a-z0-9-]{1,60}$/),
    fc.uuid(),
    fc.constantFrom("www", "API", "-", "xn--a", "日本語", "a".repeat(80)),
  );
  fc.assert(
    fc.property(names, (name) => {
      const slug = proposedSlug(SETTINGS, name);
      expect(slugProblem(slug)).toBeUndefined();
      const { hostname } = new URL(siteUrl(SETTINGS, slug));
      expect(hostname).toBe(`${slug}.apps.example`);
      for (const host of [hostname, hostname.toUpperCase(), `${hostname}.`])
        expect(siteHostSlug(template, host)).toBe(slug);
      for (const host of [`a.${hostname}`, hostname.replace(".apps", ".xapps"), slug, `${slug}.leo.example`])
        expect(siteHostSlug(template, host)).toBeUndefined();
    }),
  );
  const hosts = fc.oneof(fc.domain(), fc.uuid(), fc.string({ maxLength: 70 }), names);
  fc.assert(
    fc.property(hosts, (label) => {
      const host = `${label}.apps.example`;
      const [slug, id] = [siteHostSlug(template, host), previewHostId(previewPlace(template), host)];
      expect(slug !== undefined && typeof id === "string").toBe(false);
      const parsed = SiteSlug.safeParse(label);
      if (slug !== undefined) expect(parsed).toMatchObject({ success: true, data: slug });
      if (parsed.success)
        expect(new URL(`https://${parsed.data}.apps.example`).hostname).toMatch(/^[a-z0-9-]+\./);
    }),
  );
});

test("no user can find or change another user's site", () =>
  withApi(async (api) => {
    const { appId, versions } = await makeApp(api, api.ann);
    const { body } = await publish(api, api.ann, appId, versions[0]);
    const bobs = await makeApp(api, api.bob);
    const answers = [
      await api.call(api.bob, "GET", `/api/apps/${appId}/site`),
      await publish(api, api.bob, appId, versions[0]),
      await publish(api, api.bob, bobs.appId, versions[0]),
      await change(api, api.bob, appId, { noindex: false }),
      await unpublish(api, api.bob, appId),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect(await titleOf(api, body.url)).toEqual([200, "one"]);
    // The database itself lets no app show the files of another.
    await publish(api, api.bob, bobs.appId, bobs.versions[0]);
    await expect(
      api.context.database.pool.query(
        `update leo.sites set live_id = (select id from leo.site_versions where app_id = $1) where app_id = $2`,
        [appId, bobs.appId],
      ),
    ).rejects.toMatchObject({ code: "23503" });
  }));
