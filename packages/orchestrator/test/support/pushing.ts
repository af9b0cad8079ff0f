import { eq } from "drizzle-orm";
import type { z } from "zod";
import type { CreatedApp } from "@leo/core/api.ts";
import type { Event } from "@leo/core/event.ts";
import type { AppGithub, Push, PushVersion } from "@leo/core/github.ts";
import type { Generation } from "@leo/core/generation.ts";
import { withGithub, type TestGithub } from "@leo/local/testing/github.ts";
import { until } from "@leo/local/testing/until.ts";
import { pushes } from "../../src/db/schema.ts";
import { startPushing } from "../../src/github/worker.ts";
import { withApi, type Answer, type TestApi } from "./api.ts";
import { HIGH_LIMITS } from "./context.ts";
import { completeGeneration, type Files } from "./version.ts";

export interface PushingWorld {
  github: TestGithub;
  api: TestApi;
  /** Moves the clock. */
  advance(durationMs: number): void;
  /** Stops and starts the worker that is in this process. */
  pause(): Promise<void>;
  resume(): void;
  makeApp(name: string, source?: Files, prompt?: string): Promise<{ appId: string; id: string }>;
  addVersion(appId: string, prompt: string, source: Files, dist?: Files): Promise<string>;
  push(id: string, body?: PushVersion): Promise<Answer<Push>>;
  pushing(appId: string): Promise<AppGithub>;
  /** Pushes and waits for the end. */
  pushed(appId: string, id: string, body?: PushVersion): Promise<Push>;
  ended(appId: string, id: string): Promise<Push>;
  tries(id: string): Promise<number>;
  events(id: string): Promise<Event[]>;
}

const WAIT_MS = 60_000;

/** Runs with the API, a GitHub and a worker that pushes. */
export const withPushing = (run: (world: PushingWorld) => Promise<void>): Promise<void> =>
  withGithub((github) => {
    let aheadMs = 0;
    const env = {
      LEO_USER_DAY_BUDGET_USD: HIGH_LIMITS.LEO_USER_DAY_BUDGET_USD,
      LEO_PLATFORM_DAY_BUDGET_USD: HIGH_LIMITS.LEO_PLATFORM_DAY_BUDGET_USD,
      GITHUB_BOT_TOKEN: github.token,
      LEO_GITHUB_API_URL: github.apiUrl,
      LEO_GITHUB_GIT_URL: github.gitUrl,
    };
    return withApi(
      async (api) => {
        const start = () => startPushing(api.context, { random: () => 0.5, pollMs: 20 });
        let worker = start();
        const path = (appId: string) => `/api/apps/${appId}/github`;
        const pushing = async (appId: string) =>
          (await api.call<AppGithub>(api.ann, "GET", path(appId))).body;
        const push: PushingWorld["push"] = (id, body = {}) =>
          api.call(api.ann, "POST", `/api/generations/${id}/push`, body);
        const ended = (appId: string, id: string) =>
          until(
            "a push's end",
            async () => {
              const all = (await pushing(appId)).pushes;
              return all.find(({ generationId, finishedAt }) => generationId === id && finishedAt);
            },
            WAIT_MS,
          );
        try {
          await run({
            github,
            api,
            advance: (durationMs) => (aheadMs += durationMs),
            pause: () => worker.stop(),
            resume: () => (worker = start()),
            pushing,
            push,
            ended,
            pushed: async (appId, id, body) => {
              const asked = await push(id, body);
              if (asked.status !== 202) throw new Error(`${asked.status} ${JSON.stringify(asked.body)}`);
              return ended(appId, id);
            },
            makeApp: async (name, source = { "index.html": "<p>one</p>" }, prompt = `Build ${name}`) => {
              const { body } = await api.call<z.infer<typeof CreatedApp>>(api.ann, "POST", "/api/apps", {
                prompt,
                name,
              });
              await completeGeneration(api, body.generation.id, { source });
              return { appId: body.app.id, id: body.generation.id };
            },
            addVersion: async (appId, prompt, source, dist = {}) => {
              const { body } = await api.call<Generation>(api.ann, "POST", `/api/apps/${appId}/generations`, {
                prompt,
              });
              await completeGeneration(api, body.id, { source, dist });
              return body.id;
            },
            tries: async (id) => {
              const [row] = await api.context.database.orm
                .select({ tries: pushes.tries })
                .from(pushes)
                .where(eq(pushes.generationId, id));
              return row?.tries ?? 0;
            },
            events: async (id) =>
              (await api.call<{ events: Event[] }>(api.ann, "GET", `/api/generations/${id}/events`)).body
                .events,
          });
        } finally {
          await worker.stop();
        }
      },
      { env, now: () => new Date(Date.now() + aheadMs) },
    );
  });
