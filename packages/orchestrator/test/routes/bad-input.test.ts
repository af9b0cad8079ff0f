import { request } from "node:http";
import { expect, test } from "vitest";
import type { z } from "zod";
import { ApiError, type CreatedApp } from "@leo/core/api.ts";
import { newId } from "@leo/core/id.ts";
import { withApi, type TestApi } from "../support/api.ts";

const refusedApp = async ({ call, ann }: TestApi, body: unknown) => {
  const answer = await call<ApiError>(ann, "POST", "/api/apps", body);
  return { status: answer.status, ...answer.body.error };
};

test("each bad request for an app is one clear sentence with the code bad_request", () =>
  withApi(async (api) => {
    const cases: [body: unknown, message: string | RegExp][] = [
      [{ prompt: "" }, "The request is empty. Say what to build."],
      [{ prompt: " \n\t " }, "The request is empty. Say what to build."],
      [{ prompt: "x".repeat(15_001) }, "The request is longer than 15,000 characters."],
      [{ prompt: "a\0b" }, "The request contains a NUL character."],
      [{}, "prompt is missing."],
      [{ prompt: 7 }, /^prompt: Invalid input: expected string/],
      [{ prompt: "x", name: "" }, "The name is empty."],
      [{ prompt: "x", name: "n".repeat(81) }, "The name is longer than 80 characters."],
      [{ prompt: "x", name: "a\u0007b" }, "The name contains control characters."],
      [{ prompt: "x", mode: "yolo" }, /^mode: Invalid option/],
      [[], /^The body: Invalid input/],
      ["null", /^The body: Invalid input/],
      ['{"prompt": ', "The body isn't valid JSON."],
      ["", "The body isn't valid JSON."],
    ];
    for (const [body, message] of cases) {
      const refused = await refusedApp(api, body);
      expect([body, refused.status, refused.code]).toEqual([body, 400, "bad_request"]);
      expect(refused.message).toMatch(message);
      expect(refused.message).toMatch(/\.$/);
    }
    expect(await refusedApp(api, { prompt: "" })).toMatchObject({
      details: [{ in: "json", path: "prompt", message: "The request is empty. Say what to build." }],
    });
  }));

test("a prompt of exactly 15,000 characters in any script is taken as it is", () =>
  withApi(async (api) => {
    for (const prompt of ["x".repeat(15_000), "\u754c".repeat(15_000), "\u{1f600}".repeat(7_500)]) {
      const { status, body } = await api.call<z.infer<typeof CreatedApp>>(api.ann, "POST", "/api/apps", {
        prompt,
      });
      expect(status).toBe(201);
      expect(body.generation.prompt).toBe(prompt);
    }
  }));

test("only JSON is taken as a body, and only up to 64 KiB", () =>
  withApi(async (api) => {
    const form = await api.call<ApiError>(api.ann, "POST", "/api/apps", "prompt=x", {
      "content-type": "application/x-www-form-urlencoded",
    });
    expect([form.status, form.body.error.message]).toEqual([400, "Send the body as application/json."]);
    const large = await api.call<ApiError>(api.ann, "POST", "/api/apps", {
      prompt: "x",
      more: "y".repeat(70_000),
    });
    expect([large.status, large.body.error.code]).toEqual([413, "payload_too_large"]);
    expect(await chunked(api, 70_000)).toBe(413);
  }));

/** A body without Content-Length, in chunks. */
const chunked = ({ url, ann }: TestApi, sizeBytes: number) =>
  new Promise<number | undefined>((resolve, reject) => {
    const sent = request(`${url}/api/apps`, {
      method: "POST",
      headers: { authorization: `Bearer ${ann}`, "content-type": "application/json" },
    });
    sent.on("response", (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on("error", reject);
    for (let left = sizeBytes; left > 0; left -= 1_000) sent.write("x".repeat(1_000));
    sent.end();
  });

test("unknown paths, ids and methods are JSON 404s, whoever asks", () =>
  withApi(async (api) => {
    const paths = [
      "/api",
      "/api/",
      "/api/nope",
      "/api/apps/nope",
      "/api/generations/1",
      "/api/generations/%00",
      "/ws/ui",
      "/ws/nope",
    ];
    paths.push(`/api/apps/${newId()}/`, `/api/apps/${newId()}/nope`, `/api/generations/${newId()}`);
    for (const path of paths) {
      const { status, body } = await api.call<ApiError>(api.ann, "GET", path);
      expect([path, status, body.error?.code]).toEqual([path, 404, "not_found"]);
    }
    expect((await api.call(null, "GET", "/api/nope")).status).toBe(404);
    expect((await api.call(api.ann, "PUT", "/api/apps")).status).toBe(404);
  }));

test("query values out of range are refused, not guessed", () =>
  withApi(async (api) => {
    const { body } = await api.call<z.infer<typeof CreatedApp>>(api.ann, "POST", "/api/apps", {
      prompt: "x",
    });
    const events = `/api/generations/${body.generation.id}/events`;
    const bad = [
      "?since=-1",
      "?since=1.5",
      "?since=x",
      "?since=99999999999",
      "?limit=0",
      "?limit=501",
      "?limit=",
    ];
    for (const query of bad) {
      const answer = await api.call<ApiError>(api.ann, "GET", events + query);
      expect([query, answer.status]).toEqual([query, 400]);
    }
    const cursors = ["x", `1.${newId()}x`, "9".repeat(17), `99999999999999999.${newId()}`];
    for (const cursor of cursors) {
      const { status } = await api.call(api.ann, "GET", `/api/apps?cursor=${cursor}`);
      expect([cursor, status]).toEqual([cursor, 400]);
    }
    expect((await api.call(api.ann, "GET", `/api/apps?cursor=9999999999999999.${newId()}`)).status).toBe(200);
  }));
