import { expect, test } from "vitest";
import type { z } from "zod";
import type { CreatedApp } from "@leo/core/api.ts";
import { newId } from "@leo/core/id.ts";
import { withApi } from "../support/api.ts";
import { completeGeneration } from "../support/version.ts";

test("two users may use the same Idempotency-Key without meeting", () =>
  withApi(async (api) => {
    const ask = (token: string) =>
      api.call<z.infer<typeof CreatedApp>>(
        token,
        "POST",
        "/api/apps",
        { prompt: "a todo list" },
        { "idempotency-key": "same" },
      );
    const [first, second] = [await ask(api.ann), await ask(api.bob)];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(first.body.app.id).not.toBe(second.body.app.id);
  }));

test("a base of another user is unknown, and a diff never mixes two apps", () =>
  withApi(async (api) => {
    const make = async (token: string) => {
      const { body } = await api.call<z.infer<typeof CreatedApp>>(token, "POST", "/api/apps", {
        prompt: "notes",
      });
      await completeGeneration(api, body.generation.id, { source: { "a.txt": body.app.id } });
      return body.generation.id;
    };
    const [mine, alsoMine, foreign] = [await make(api.ann), await make(api.ann), await make(api.bob)];
    for (const base of [alsoMine, foreign, newId()]) {
      const { status } = await api.call(api.ann, "GET", `/api/generations/${mine}/diff?base=${base}`);
      expect(status).toBe(404);
    }
  }));
