/**
 * A small server with the API's shapes and nothing behind it, for pages and states that a real run
 * reaches rarely or slowly. Tests push the facts they want to see; the flows themselves are tested
 * against the real orchestrator.
 */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { PublicConfig, Share } from "@leo/core/api.ts";
import type { Event, Fact } from "@leo/core/event.ts";
import { stateOf } from "@leo/core/event-state.ts";
import type { App, Generation } from "@leo/core/generation.ts";
import type { Call } from "./stub-answer.ts";
import { apiRoute } from "./stub-api.ts";
import { StubAuth } from "./stub-auth.ts";
import { configOf, type StubOptions } from "./stub-config.ts";
import { serve } from "./stub-http.ts";
import { StubGithub } from "./stub-github.ts";
import { StubSites } from "./stub-sites.ts";
import { StubSockets } from "./stub-sockets.ts";
import { StubVersions } from "./stub-versions.ts";

const APPS_PER_PAGE = 50;

export class Stub {
  readonly apps = new Map<string, App>();
  readonly generations = new Map<string, Generation>();
  readonly events = new Map<string, Event[]>();
  readonly versions = new StubVersions();
  readonly github = new StubGithub();
  readonly sites = new StubSites();
  readonly auth = new StubAuth();
  readonly sockets = new StubSockets(this.events);
  readonly shares = new Map<string, Share>();
  readonly requests: { method: string; path: string; body: unknown }[] = [];
  readonly appsPerPage: number;
  /** Called for each new generation. */
  onGeneration: (generation: Generation) => void = () => {};
  /** The agent has every added request already. */
  refuseMessageChanges = false;
  config!: PublicConfig;
  url = "";
  readonly #options: StubOptions;
  readonly #server = createServer((request, response) => {
    void serve(request, response, this.url, (call) => this.#answer(call)).catch((error: unknown) => {
      // A page that left in the middle of its request needs no answer. Anything else is an error of the run.
      if (!request.readableAborted) throw error;
    });
  });

  constructor(options: StubOptions = {}) {
    this.#options = options;
    this.appsPerPage = options.appsPerPage ?? APPS_PER_PAGE;
    this.#server.on("upgrade", (request, socket, head) => this.sockets.upgrade(request, socket, head));
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(this.#options.port ?? 0, "127.0.0.1", resolve));
    const { port } = this.#server.address() as AddressInfo;
    this.url = `http://localhost:${port}`;
    this.config = configOf(port, this.#options);
    return this;
  }

  async stop(): Promise<void> {
    this.sockets.drop();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(call: Call) {
    this.requests.push({ method: call.method, path: call.url.pathname, body: call.body });
    return apiRoute(this, call);
  }

  addApp(
    prompt: string,
    name = prompt,
    mode: Generation["mode"] = "autonomous",
  ): { app: App; generation: Generation } {
    const app = this.addEmptyApp(name);
    return { app, generation: this.addGeneration(app.id, prompt, mode) };
  }

  addEmptyApp(name: string): App {
    const now = new Date().toISOString();
    const app: App = { id: randomUUID(), name, createdAt: now, updatedAt: now };
    this.apps.set(app.id, app);
    return app;
  }

  addGeneration(appId: string, prompt: string, mode: Generation["mode"] = "autonomous"): Generation {
    const app = this.apps.get(appId);
    if (!app) throw new Error(`There is no app ${appId}.`);
    const generation: Generation = {
      id: randomUUID(),
      appId,
      prompt,
      mode,
      state: "queued",
      attempt: 0,
      queuePosition: 1,
      costUsd: 0,
      chargedUsd: 0,
      lastSeq: 0,
      createdAt: new Date().toISOString(),
    };
    this.generations.set(generation.id, generation);
    this.events.set(generation.id, []);
    app.latest = generation;
    this.emit(generation.id, { type: "state_changed", state: "queued", attempt: 0 });
    this.onGeneration(generation);
    return generation;
  }

  /** A version with the files of another one. */
  copy(from: Generation, appId: string): Generation {
    const copy = this.addGeneration(appId, from.prompt);
    copy.copiedFromId = from.id;
    // It waits in no queue.
    this.events.set(copy.id, []);
    this.versions.set(copy.id, this.versions.get(from.id) ?? { files: {}, checks: [] });
    this.emit(
      copy.id,
      { type: "version_copied", fromGenerationId: from.id, fromVersion: 1 },
      { type: "state_changed", state: "completed", attempt: 1 },
    );
    return copy;
  }

  /** Commits facts and sends them in one frame to all who follow. */
  emit(generationId: string, ...facts: Fact[]): void {
    const stored = this.events.get(generationId);
    const generation = this.generations.get(generationId);
    if (!stored || !generation) throw new Error(`There is no generation ${generationId}.`);
    const events = facts.map((fact, index): Event => ({
      ...fact,
      seq: stored.length + index + 1,
      at: new Date().toISOString(),
    }));
    stored.push(...events);
    for (const event of events) this.#apply(generation, event);
    generation.lastSeq = stored.length;
    this.sockets.publish(generationId, events);
  }

  #apply(generation: Generation, event: Event): void {
    if (event.type === "usage") generation.costUsd = generation.chargedUsd = event.costUsd;
    if (event.type === "user_message_taken") {
      const added = this.events
        .get(generation.id)
        ?.find((other) => other.type === "user_message" && other.messageId === event.messageId);
      if (added?.type === "user_message") (generation.addedRequests ??= []).push(added.text);
    }
    if (event.type !== "state_changed") return;
    generation.state = stateOf(event.state);
    generation.attempt = event.attempt;
    if (event.state !== "queued") delete generation.queuePosition;
    if (event.failure) generation.failure = event.failure;
    if (event.state === "running") generation.startedAt = event.at;
    if (!["completed", "failed", "cancelled"].includes(event.state)) return;
    generation.finishedAt = event.at;
    if (event.state !== "completed") return;
    generation.previewUrl = this.config.previewUrlTemplate.replace("{generationId}", generation.id);
    const app = this.apps.get(generation.appId);
    if (app) app.previewUrl = generation.previewUrl;
  }

  /** A turn of the agent takes up what waits. */
  takeMessages(generationId: string): void {
    for (const event of this.events.get(generationId) ?? []) {
      if (event.type !== "user_message") continue;
      this.emit(generationId, { type: "user_message_taken", messageId: event.messageId });
    }
  }
}

/** Runs a test against a stub of its own. */
export const withStub = async (options: StubOptions, run: (stub: Stub) => Promise<void>): Promise<void> => {
  const stub = await new Stub(options).start();
  try {
    await run(stub);
  } finally {
    await stub.stop();
  }
};
