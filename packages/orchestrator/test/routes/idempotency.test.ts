import { expect, test } from "vitest";
import type { z } from "zod";
import type { ApiError, AppList, CreatedApp } from "@leo/core/api.ts";
import type { Generation } from "@leo/core/generation.ts";
import { withApi, type TestApi } from "../support/api.ts";
import { completeGeneration } from "../support/version.ts";

type Created = z.infer<typeof CreatedApp>;

const submit = ({ call, ann }: TestApi, key: string, body: unknown = { prompt: "a calculator" }) =>
  call<Created & ApiError>(ann, "POST", "/api/apps", body, { "idempotency-key": key });

const countApps = async ({ call, ann }: TestApi) => {
  const { body } = await call<z.infer<typeof AppList>>(ann, "GET", "/api/apps");
  return body.apps.length;
};

test("20 identical submissions at once make one app, and all get the same answer", () =>
  withApi(async (api) => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => submit(api, "once")));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 201));
    expect(new Set(answers.map(({ body }) => `${body.app.id} ${body.generation.id}`)).size).toBe(1);
    expect(await countApps(api)).toBe(1);
    const { rows } = await api.context.database.pool.query("select seq from leo.events");
    expect(rows).toHaveLength(1);
  }));

test("the same key with another request is refused, without a key every submission counts", () =>
  withApi(async (api) => {
    const first = await submit(api, "key");
    const other = await submit(api, "key", { prompt: "a calculator", name: "Sums" });
    expect(other.status).toBe(409);
    expect(other.body.error.message).toBe("This Idempotency-Key was used for another request.");
    expect((await submit(api, "key")).body.app.id).toBe(first.body.app.id);
    await api.call(api.ann, "POST", "/api/apps", { prompt: "a calculator" });
    await api.call(api.ann, "POST", "/api/apps", { prompt: "a calculator" });
    expect(await countApps(api)).toBe(3);
  }));

test("a repeat is answered even when the limit is reached by then", () =>
  withApi(
    async (api) => {
      const first = await submit(api, "key");
      expect((await submit(api, "other")).status).toBe(429);
      const repeat = await submit(api, "key");
      expect(repeat.status).toBe(201);
      expect(repeat.body.generation.id).toBe(first.body.generation.id);
    },
    { env: { LEO_QUEUED_PER_USER: "1" } },
  ));

test("many different submissions at once never pass the limit", () =>
  withApi(
    async (api) => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => submit(api, `key-${index}`)),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
      expect(answers.filter(({ status }) => status === 429)).toHaveLength(17);
    },
    { env: { LEO_QUEUED_PER_USER: "3" } },
  ));

test("follow-ups and retries heed the key too, and a key of a deleted app is refused", () =>
  withApi(async (api) => {
    const { body } = await submit(api, "first");
    await completeGeneration(api, body.generation.id, {});
    const path = `/api/apps/${body.app.id}/generations`;
    const ask = () =>
      api.call<Generation>(api.ann, "POST", path, { prompt: "more" }, { "idempotency-key": "second" });
    const [one, two] = [await ask(), await ask()];
    expect([one.status, two.status]).toEqual([201, 201]);
    expect(two.body.id).toBe(one.body.id);
    await completeGeneration(api, one.body.id, {});
    const again = () =>
      api.call<Generation>(api.ann, "POST", `/api/generations/${one.body.id}/retry`, undefined, {
        "idempotency-key": "third",
      });
    const [third, fourth] = [await again(), await again()];
    expect(fourth.body.id).toBe(third.body.id);
    await api.call(api.ann, "DELETE", `/api/apps/${body.app.id}`);
    expect((await submit(api, "first")).status).toBe(409);
  }));

test("a key that is no header-safe word is a bad request", () =>
  withApi(async (api) => {
    for (const key of ["", "with space", "x".repeat(201), "\u00e4"]) {
      const { status, body } = await submit(api, key);
      expect([key, status]).toEqual([key, 400]);
      expect(body.error.message).toContain("Idempotency-Key");
    }
  }));
