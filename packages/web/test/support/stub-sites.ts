/** Sites as the stub has them: whatever is published is live at once. */
import type { Findings } from "@leo/core/github.ts";
import { slugProblem, type ChangeSite, type PublishSite, type Site } from "@leo/core/site.ts";
import { refusal, reply, type Answer, type Call } from "./stub-answer.ts";

const NEW: Site = {
  state: "new",
  slug: "todo-list",
  url: "http://todo-list.localhost:5013/",
  visibility: "public",
  noindex: true,
  held: [],
  ownOrigin: true,
};

export class StubSites {
  readonly #sites = new Map<string, Site>();
  /** What a scan finds in each version; only its digest lets it pass. */
  found: Findings | undefined;
  /** Addresses of other apps. */
  readonly taken = new Set<string>();

  of(appId: string): Site {
    return this.#sites.get(appId) ?? NEW;
  }

  set(appId: string, changes: Partial<Site>): Site {
    const site = { ...this.of(appId), ...changes };
    site.url = `http://${site.slug}.localhost:5013/`;
    site.link = site.visibility === "link" ? `${site.url}?leo-link=leo_st_1` : undefined;
    this.#sites.set(appId, site);
    return site;
  }

  #rename(slug: string | undefined): Answer | undefined {
    const problem = slug === undefined ? undefined : slugProblem(slug);
    if (problem) return refusal(400, "bad_request", problem);
    return slug !== undefined && this.taken.has(slug)
      ? refusal(409, "conflict", `The address “${slug}” is taken. Choose another one.`)
      : undefined;
  }

  publish(appId: string, { generationId, confirm, slug, visibility }: PublishSite): Answer {
    if (this.found && confirm !== this.found.digest)
      return refusal(409, "secrets_found", "The files hold secrets.", this.found);
    const site = this.of(appId);
    return (
      this.#rename(slug) ??
      reply(
        "/api/apps/:appId/site/publish",
        "$post",
        200,
        this.set(appId, {
          state: "published",
          slug: slug ?? site.slug,
          visibility: visibility ?? site.visibility,
          live: { generationId, publishedAt: new Date().toISOString() },
          held: [...new Set([...site.held, generationId])],
        }),
      )
    );
  }

  change(appId: string, { slug, visibility, noindex }: ChangeSite): Answer {
    const site = this.of(appId);
    const changed = {
      slug: slug ?? site.slug,
      visibility: visibility ?? site.visibility,
      noindex: noindex ?? site.noindex,
    };
    return this.#rename(slug) ?? reply("/api/apps/:appId/site", "$patch", 200, this.set(appId, changed));
  }

  answer({ method, body }: Call, appId: string, action: string | undefined): Answer {
    if (action === "publish") return this.publish(appId, body as unknown as PublishSite);
    if (action === "unpublish") {
      const site = this.set(appId, { state: "unpublished", live: undefined });
      return reply("/api/apps/:appId/site/unpublish", "$post", 200, site);
    }
    if (method === "PATCH") return this.change(appId, body as unknown as ChangeSite);
    return reply("/api/apps/:appId/site", "$get", 200, this.of(appId));
  }
}
