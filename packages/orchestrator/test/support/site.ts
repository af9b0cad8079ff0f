/** Apps with versions, published as sites, and what a visitor gets of them. */
import type { z } from "zod";
import type { ApiError, CreatedApp } from "@leo/core/api.ts";
import type { Generation } from "@leo/core/generation.ts";
import type { Site } from "@leo/core/site.ts";
import type { Answer, TestApi } from "./api.ts";
import { raw } from "./raw.ts";
import { completeGeneration, type Files } from "./version.ts";

export interface TestApp {
  appId: string;
  /** Their ids, the oldest first. */
  versions: string[];
}

/** What a built version has at least, with a hash of the text in the script's name, as Vite names it. */
export const builtFiles = (text: string): Files => {
  const script = `assets/index-${text.padEnd(8, "x").slice(0, 8)}.js`;
  return {
    "index.html": `<!doctype html><title>${text}</title><script type="module" src="./${script}"></script>`,
    [script]: `document.body.append(${JSON.stringify(text)});`,
  };
};

/** @param versions built files of each; sources may stand beside them */
export const makeApp = async (
  api: TestApi,
  token: string,
  {
    name = "Todo list",
    versions = [builtFiles("one")],
    source = {},
  }: {
    name?: string;
    versions?: Files[];
    source?: Files;
  } = {},
): Promise<TestApp> => {
  const { body } = await api.call<z.infer<typeof CreatedApp>>(token, "POST", "/api/apps", {
    prompt: "x",
    name,
  });
  const app = { appId: body.app.id, versions: [] as string[] };
  let generationId = body.generation.id;
  for (const [index, dist] of versions.entries()) {
    if (index > 0) generationId = (await addRun(api, token, app.appId)).id;
    await completeGeneration(api, generationId, { dist, source });
    app.versions.push(generationId);
  }
  return app;
};

/** A request that is still in the queue. */
export const addRun = async (api: TestApi, token: string, appId: string): Promise<Generation> =>
  (await api.call<Generation>(token, "POST", `/api/apps/${appId}/generations`, { prompt: "more" })).body;

export type SiteAnswer = Answer<Site & ApiError>;

export const publish = (
  api: TestApi,
  token: string,
  appId: string,
  generationId: string | undefined,
  more: object = {},
): Promise<SiteAnswer> =>
  api.call(token, "POST", `/api/apps/${appId}/site/publish`, { generationId, ...more });

export const change = (api: TestApi, token: string, appId: string, body: object): Promise<SiteAnswer> =>
  api.call(token, "PATCH", `/api/apps/${appId}/site`, body);

export const unpublish = (api: TestApi, token: string, appId: string): Promise<SiteAnswer> =>
  api.call(token, "POST", `/api/apps/${appId}/site/unpublish`);

export const PAGE = { "sec-fetch-mode": "navigate", accept: "text/html" };

/** A visitor's request, to whatever host the address names. */
export const visit = (
  { url: server }: Pick<TestApi, "url">,
  url: string,
  { headers = {}, method = "GET" }: { headers?: Record<string, string>; method?: string } = {},
) => {
  const { host, pathname, search } = new URL(url);
  return raw(server, pathname + search, { method, headers: { host, ...headers } });
};
