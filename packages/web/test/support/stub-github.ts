/** Pushing as the stub has it: the test says how each version's push ends. */
import { randomUUID } from "node:crypto";
import type { AppGithub, Findings, Push, PushVersion } from "@leo/core/github.ts";
import { refusal, reply, type Answer } from "./stub-answer.ts";

export class StubGithub {
  readonly #apps = new Map<string, AppGithub>();
  /** The GitHub user of the account. */
  login: string | null = null;
  /** What a scan finds in each version; only its digest lets it pass. */
  found: Findings | undefined;

  of(appId: string): AppGithub {
    const known = this.#apps.get(appId) ?? { automatic: false, pushes: [] };
    this.#apps.set(appId, known);
    return known;
  }

  /** Ends the push of a version that is on its way, or states one that began by itself. */
  end(appId: string, generationId: string, end: Pick<Push, "state"> & Partial<Push>): Push {
    const app = this.of(appId);
    const open = app.pushes.find((each) => each.generationId === generationId);
    const at = new Date().toISOString();
    const { failure: _, ...before } = open ?? {
      id: randomUUID(),
      generationId,
      createdAt: at,
      automatic: true,
    };
    const rest = app.pushes.filter((each) => each !== open);
    const finishedAt = end.state === "done" || end.state === "failed" ? { finishedAt: at } : {};
    const push = { ...before, ...finishedAt, ...end };
    app.pushes = [...rest, push];
    if (end.state === "done") {
      app.repository = { name: "leo-bot/leo-todo", url: "https://github.example/leo-bot/leo-todo" };
    }
    return push;
  }

  change(appId: string, body: Record<string, unknown> | undefined): Answer {
    const app = this.of(appId);
    if (typeof body?.["automatic"] === "boolean") app.automatic = body["automatic"];
    if (body?.["repository"] === null) delete app.repository;
    return reply("/api/apps/:appId/github", "$patch", 200, app);
  }

  push(appId: string, generationId: string, { confirm }: PushVersion = {}): Answer {
    if (this.found && confirm !== this.found.digest) {
      return refusal(409, "secrets_found", "The files hold secrets.", this.found);
    }
    const queued = this.end(appId, generationId, { state: "queued", automatic: false });
    return reply("/api/generations/:id/push", "$post", 202, queued);
  }

  account(method: string, body: Record<string, unknown> | undefined): Answer {
    if (method !== "PUT") return reply("/api/account/github", "$get", 200, { login: this.login });
    const { login } = body as { login: string | null };
    if (login !== null && !/^[A-Za-z0-9-]+$/.test(login)) {
      return refusal(400, "bad_request", "login: This is not a GitHub username.");
    }
    this.login = login;
    return reply("/api/account/github", "$put", 200, { login });
  }
}
