/**
 * A small server with the API's shapes and nothing behind it, for pages and states that a real run
 * reaches rarely or slowly. Tests push the facts they want to see; the flows themselves are tested
 * against the real orchestrator.
 */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { WebSocketServer, type WebSocket } from "ws";
import type { Diff, FileList, PublicConfig, Share, Usage } from "@leo/core/api.ts";
import type { Event, Fact } from "@leo/core/event.ts";
import type { App, Generation } from "@leo/core/generation.ts";
import type { FromBrowser, ToBrowser } from "@leo/core/protocol/ui.ts";
import type { Findings } from "@leo/core/publishing.ts";
import type { z } from "zod";
import { StubPublishing } from "./stub-publishing.ts";

const DIST = join(import.meta.dirname, "../../dist");
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

export interface StubOptions {
  port?: number;
  mode?: PublicConfig["mode"];
  modelIsMock?: boolean;
}

interface Version {
  files: Record<string, string>;
  /** What a download is asked about first. */
  secrets?: Findings;
  checks: z.infer<typeof FileList>["checks"];
}

const PREVIEW_PAGE = `<!doctype html><html lang="en"><title>App</title><meta name="viewport" content="width=device-width">
<body style="font:16px/1.5 system-ui;max-width:34rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark">
<h1>Todo list</h1><form onsubmit="event.preventDefault();const li=document.createElement('li');li.textContent=t.value;l.append(li);t.value=''">
<input id="t" aria-label="New todo" placeholder="What needs doing?"> <button>Add</button></form><ul id="l"></ul><script>t.focus()</script></body></html>`;

/** One grey pixel. */
const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==",
  "base64",
);

const user = {
  id: "6f9b3a52-8f5b-4e2c-9a1d-000000000001",
  email: "dev@leo.local",
  aud: "authenticated",
  role: "authenticated",
  app_metadata: {},
  user_metadata: {},
  created_at: "2026-01-01T00:00:00Z",
};

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
let tokens = 0;
const token = () => {
  tokens += 1;
  const claims = { sub: user.id, exp: Math.floor(Date.now() / 1_000) + 3_600, jti: String(tokens) };
  return `${base64({ alg: "none" })}.${base64(claims)}.x`;
};

export class Stub {
  readonly apps = new Map<string, App>();
  readonly generations = new Map<string, Generation>();
  readonly events = new Map<string, Event[]>();
  readonly versions = new Map<string, Version>();
  readonly publishing = new StubPublishing();
  readonly shares = new Map<string, Share>();
  readonly requests: { method: string; path: string; body: unknown }[] = [];
  /** Called for each new generation. */
  onGeneration: (generation: Generation) => void = () => {};
  /** The agent has every added request already. */
  refuseMessageChanges = false;
  config!: PublicConfig;
  url = "";
  #subscribers = new Map<string, Set<WebSocket>>();
  #server = createServer((request, response) => void this.#answer(request, response));
  #sockets = new WebSocketServer({ noServer: true });
  #options: StubOptions;

  constructor(options: StubOptions = {}) {
    this.#options = options;
    this.#server.on("upgrade", (request, socket, head) =>
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#serve(ws)),
    );
  }

  async start(): Promise<this> {
    const { port = 0, mode = "local", modelIsMock = true } = this.#options;
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    const bound = (this.#server.address() as AddressInfo).port;
    this.url = `http://localhost:${bound}`;
    this.config = {
      mode,
      modelIsMock,
      supabaseUrl: this.url,
      supabaseAnonKey: "anon",
      previewUrlTemplate: `http://{generationId}.localhost:${bound}/`,
      publishing: true,
      limits: {
        promptMaxChars: 15_000,
        runningPerUser: 3,
        queuedPerUser: 20,
        generationsPerDay: 100,
        generationBudgetUsd: 5,
        dayBudgetUsd: 100,
        retentionDays: 30,
      },
    };
    return this;
  }

  async stop(): Promise<void> {
    this.dropSockets();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Gives browsers no socket while it is set: with this code. */
  refuseSockets?: number;

  /** Tokens that browsers have sent on a socket that stayed open. */
  readonly renewals: string[] = [];

  /** Tells browsers that their tokens run out. */
  announceExpiry(): void {
    const message: ToBrowser = {
      type: "token_expiring",
      expiresAt: new Date(Date.now() + 60_000).toISOString(),
    };
    for (const socket of this.#sockets.clients) socket.send(JSON.stringify(message));
  }

  /** Cuts every browser's socket, as a restarting server does. */
  dropSockets(): void {
    for (const socket of this.#sockets.clients) socket.close(this.refuseSockets ?? 1012, "restart");
  }

  addApp(
    prompt: string,
    name = prompt,
    mode: Generation["mode"] = "autonomous",
  ): { app: App; generation: Generation } {
    const app = this.#newApp(name);
    return { app, generation: this.addGeneration(app.id, prompt, mode) };
  }

  #newApp(name: string): App {
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
    for (const socket of this.#subscribers.get(generationId) ?? []) {
      socket.send(JSON.stringify({ type: "events", generationId, events } satisfies ToBrowser));
    }
  }

  #apply(generation: Generation, event: Event): void {
    if (event.type === "usage") generation.costUsd = event.costUsd;
    if (event.type !== "state_changed") return;
    generation.state = event.state;
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

  #serve(socket: WebSocket): void {
    const send = (message: ToBrowser) => socket.send(JSON.stringify(message));
    socket.on("message", (data) => {
      const message = JSON.parse((data as Buffer).toString()) as FromBrowser;
      if (this.refuseSockets !== undefined) return socket.close(this.refuseSockets, "refused");
      if (message.type === "hello") send({ type: "welcome", protocol: 1, userId: user.id });
      if (message.type === "renew") this.renewals.push(message.accessToken);
      if (message.type === "unsubscribe") this.#subscribers.get(message.generationId)?.delete(socket);
      if (message.type !== "subscribe") return;
      const { generationId, since } = message;
      const stored = this.events.get(generationId);
      if (!stored) return send({ type: "error", code: "not_found", message: "Unknown.", generationId });
      const subscribers = this.#subscribers.get(generationId) ?? new Set();
      this.#subscribers.set(generationId, subscribers.add(socket));
      send({ type: "subscribed", generationId, lastSeq: stored.length });
      const events = stored.slice(since);
      if (events.length > 0) send({ type: "events", generationId, events });
    });
    socket.on("close", () => {
      for (const subscribers of this.#subscribers.values()) subscribers.delete(socket);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    if (/^[0-9a-f-]{36}\.localhost/.test(request.headers.host ?? "")) {
      response.setHeader("content-type", "text/html");
      return void response.end(PREVIEW_PAGE);
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks).toString();
    const body: unknown = raw ? JSON.parse(raw) : undefined;
    const method = request.method ?? "GET";
    if (url.pathname.startsWith("/api/") || url.pathname.startsWith("/auth/")) {
      this.requests.push({ method, path: url.pathname, body });
      const [status, answer] = this.#route(method, url, body as Record<string, string>);
      response.statusCode = status;
      if (answer instanceof Uint8Array) {
        response.setHeader("content-type", "image/png");
        return void response.end(answer);
      }
      if (typeof answer === "string") {
        response.setHeader("content-type", "text/plain");
        return void response.end(answer);
      }
      response.setHeader("content-type", "application/json");
      return void response.end(answer === undefined ? "" : JSON.stringify(answer));
    }
    await this.#file(url, response);
  }

  async #file(url: URL, response: ServerResponse): Promise<void> {
    const isPage = extname(url.pathname) === "";
    const path = isPage ? "index.html" : url.pathname.slice(1);
    const port = new URL(this.url).port;
    response.setHeader("content-type", TYPES[extname(path)] ?? "application/octet-stream");
    response.setHeader(
      "content-security-policy",
      `default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self' ws://localhost:${port}; frame-src http://*.localhost:${port}; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'self'`,
    );
    response.end(await readFile(join(DIST, path)));
  }

  #session() {
    return {
      access_token: token(),
      token_type: "bearer",
      expires_in: 3_600,
      expires_at: Math.floor(Date.now() / 1_000) + 3_600,
      refresh_token: "refresh",
      user,
    };
  }

  #error(status: number, code: string, message: string): [number, unknown] {
    return [status, { error: { code, message } }];
  }

  #route(method: string, url: URL, body: Record<string, string> | undefined): [number, unknown] {
    const [, root, kind, id, action, ...rest] = url.pathname.split("/");
    if (root === "auth") return this.#auth(url, body);
    if (kind === "config") return [200, this.config];
    if (kind === "session") return [204, undefined];
    if (kind === "usage") return [200, this.#usage()];
    if (kind === "account" && id === "github") return this.publishing.account(method, body);
    const notFound = this.#error(404, "not_found", "There is no such thing.");
    if (kind === "apps") return this.#appRoute(method, url, id, action, body, rest[0]) ?? notFound;
    if (kind === "generations" && id)
      return this.#generationRoute(method, url, id, action, rest.join("/"), body) ?? notFound;
    return notFound;
  }

  #usage(): Usage {
    const dayMs = 86_400_000;
    const days = Array.from({ length: 30 }, (_, index) => ({
      day: new Date(Date.now() - (29 - index) * dayMs).toISOString().slice(0, 10),
      usd: index % 7 < 2 ? 0 : (index % 5) * 0.4 + 0.1,
      generations: index % 7 < 2 ? 0 : (index % 4) + 1,
    }));
    return {
      running: 1,
      queued: 2,
      generationsToday: 7,
      spentTodayUsd: 0.42,
      reservedTodayUsd: 5,
      days,
      limits: this.config.limits,
    };
  }

  #auth(url: URL, body: Record<string, string> | undefined): [number, unknown] {
    if (url.pathname.endsWith("/logout")) return [204, undefined];
    if (url.pathname.endsWith("/settings"))
      return [200, { external: { github: true, google: true }, disable_signup: false }];
    if (url.pathname.endsWith("/user")) return [200, user];
    if (body && "password" in body && body["password"] !== "leo-local") {
      return [
        400,
        { code: "invalid_credentials", error_code: "invalid_credentials", msg: "Invalid login credentials" },
      ];
    }
    return [200, this.#session()];
  }

  #appRoute(
    method: string,
    url: URL,
    id: string | undefined,
    action: string | undefined,
    body: Record<string, string> | undefined,
    shareId: string | undefined,
  ): [number, unknown] | undefined {
    if (!id && method === "POST") {
      const prompt = body?.["prompt"] ?? "";
      return [
        201,
        this.addApp(prompt, prompt.slice(0, 40), body?.["mode"] as Generation["mode"] | undefined),
      ];
    }
    if (!id) {
      const words = url.searchParams.get("q")?.toLowerCase() ?? "";
      const found = [...this.apps.values()].filter(({ name }) => name.toLowerCase().includes(words));
      return [200, { apps: found.toReversed() }];
    }
    const app = this.apps.get(id);
    if (!app) return undefined;
    if (action === "publishing" && method === "PATCH") return this.publishing.change(id, body);
    if (action === "publishing") return [200, this.publishing.of(id)];
    if (action === "shares") return this.#shareRoute(method, shareId);
    if (action === "generations") return [201, this.addGeneration(id, body?.["prompt"] ?? "")];
    if (method === "PATCH") app.name = body?.["name"] ?? app.name;
    if (method === "DELETE") return [204, void this.apps.delete(id)];
    if (method === "PATCH") return [200, app];
    const generations = [...this.generations.values()].filter(({ appId }) => appId === id).toReversed();
    return [200, { app, generations }];
  }

  #shareRoute(method: string, shareId: string | undefined): [number, unknown] {
    if (method === "DELETE" && shareId) return [204, void this.shares.delete(shareId)];
    if (method === "GET") return [200, { shares: [...this.shares.values()].toReversed() }];
    const share: Share = { id: randomUUID(), createdAt: new Date().toISOString(), seenCount: 0 };
    this.shares.set(share.id, share);
    return [201, { share, url: `${this.url}/s/leo_sh_${share.id}` }];
  }

  #generationRoute(
    method: string,
    url: URL,
    id: string,
    action: string | undefined,
    path: string,
    body: Record<string, string> | undefined,
  ): [number, unknown] | undefined {
    const generation = this.generations.get(id);
    if (!generation) return undefined;
    const files = this.versions.get(id)?.files ?? {};
    if (action === "restore") return [201, this.#copy(generation, generation.appId)];
    if (action === "fork") {
      const app = this.#newApp(`${this.apps.get(generation.appId)?.name} (copy)`);
      return [201, { app, generation: this.#copy(generation, app.id) }];
    }
    if (action === "screenshot") return [200, PICTURE];
    const secrets = this.versions.get(id)?.secrets;
    if (action === "archive.zip") {
      if (!secrets || url.searchParams.get("confirm") === secrets.digest) return [200, "an archive"];
      return [409, { error: { code: "secrets_found", message: "Look at the list.", details: secrets } }];
    }
    if (action === "cancel") {
      generation.cancelRequestedAt = new Date().toISOString();
      return [202, generation];
    }
    if (action === "publish") return this.publishing.publish(generation.appId, id, body);
    if (action === "retry") return [201, this.addGeneration(generation.appId, generation.prompt)];
    if (action === "messages" && path) return this.#messageRoute(method, id, path, body);
    if (action === "messages") {
      const messageId = randomUUID();
      this.emit(id, { type: "user_message", messageId, text: body?.["text"] ?? "" });
      return [202, { messageId }];
    }
    if (action === "files" && path)
      return files[decodeURIComponent(path)] === undefined
        ? undefined
        : [200, files[decodeURIComponent(path)]];
    if (action === "files") {
      const source = Object.entries(files).map(([name, text]) => ({
        path: name,
        sizeBytes: text.length,
        sha256: "0".repeat(64),
      }));
      return [200, { source, dist: [], checks: this.versions.get(id)?.checks ?? [] }];
    }
    if (action === "diff") return [200, this.#diff(url.searchParams.get("base"), id)];
    if (!action) return [200, generation];
    return undefined;
  }

  #copy(from: Generation, appId: string): Generation {
    const copy = this.addGeneration(appId, from.prompt);
    copy.copiedFromId = from.id;
    this.versions.set(copy.id, this.versions.get(from.id) ?? { files: {}, checks: [] });
    this.emit(
      copy.id,
      { type: "version_copied", fromGenerationId: from.id, fromVersion: 1 },
      { type: "state_changed", state: "completed", attempt: 1 },
    );
    return copy;
  }

  #messageRoute(
    method: string,
    id: string,
    messageId: string,
    body: Record<string, string> | undefined,
  ): [number, unknown] {
    if (this.refuseMessageChanges)
      return this.#error(409, "conflict", "The agent has this request already, so it stays as it is.");
    if (method === "DELETE") {
      this.emit(id, { type: "user_message_removed", messageId });
      return [204, undefined];
    }
    const text = body?.["text"] ?? "";
    this.emit(id, { type: "user_message_changed", messageId, text });
    return [200, { id: messageId, text, createdAt: new Date().toISOString(), state: "waiting" }];
  }

  /** A turn of the agent takes up what waits. */
  takeMessages(generationId: string): void {
    for (const event of this.events.get(generationId) ?? []) {
      if (event.type !== "user_message") continue;
      this.emit(generationId, { type: "user_message_taken", messageId: event.messageId });
    }
  }

  #diff(base: string | null, id: string): z.infer<typeof Diff> {
    const before = this.versions.get(base ?? "")?.files ?? {};
    const after = this.versions.get(id)?.files ?? {};
    const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
    const changeOf = (path: string) => {
      if (before[path] === undefined) return "created" as const;
      return after[path] === undefined ? ("deleted" as const) : ("modified" as const);
    };
    return {
      baseGenerationId: base ?? id,
      files: paths
        .filter((path) => before[path] !== after[path])
        .map((path) => ({
          path,
          change: changeOf(path),
          before: before[path],
          after: after[path],
          binary: false,
        })),
    };
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
