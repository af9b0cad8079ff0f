import { expect } from "vitest";
import type { Event } from "@leo/core/event.ts";
import type { Generation, GenerationState } from "@leo/core/generation.ts";

/** Generous: on a busy machine a second of work may take ten. */
export const WAIT = { timeout: 60_000, interval: 20 };

/** A user, and what they do through the API. */
export interface Caller {
  userId: string;
  token: string;
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  submit(prompt?: string): Promise<Generation>;
  generation(id: string): Promise<Generation>;
  reaches(id: string, state: GenerationState): Promise<Generation>;
  /** Every event of a generation. */
  events(generationId: string): Promise<Event[]>;
}

const json = async (response: Response) => {
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.json() as Promise<never>;
};

/** @param url of the orchestrator that is asked */
export const createCaller = (url: string, userId: string, token: string): Caller => {
  const request: Caller["request"] = (method, path, body, headers = {}) =>
    fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  const generation = async (id: string): Promise<Generation> =>
    json(await request("GET", `/api/generations/${id}`));
  return {
    userId,
    token,
    request,
    generation,
    submit: async (prompt = "a todo list") => {
      const created: { generation: Generation } = await json(await request("POST", "/api/apps", { prompt }));
      return created.generation;
    },
    reaches: async (id, state) => {
      await expect.poll(async () => (await generation(id)).state, WAIT).toBe(state);
      return generation(id);
    },
    events: async (generationId) => {
      const page: { events: Event[] } = await json(
        await request("GET", `/api/generations/${generationId}/events`),
      );
      return page.events;
    },
  };
};
