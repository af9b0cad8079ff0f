/** Leo and its previews as one browser meets them: a real API, a page in Leo's place, real Chromium. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@leo/local/free-port.ts";
import { sharedBrowser } from "@leo/local/testing/chromium.ts";
import type { BrowserContext } from "playwright-core";
import type { z } from "zod";
import type { CreatedApp } from "@leo/core/api.ts";
import { FRAME_ALLOW, FRAME_SANDBOX } from "@leo/core/preview/frame.ts";
import type { Generation } from "@leo/core/generation.ts";
import { withApi, type TestApi } from "./api.ts";
import { completeGeneration } from "./version.ts";

const LEO = '<!doctype html><title>Leo</title><body><script type="module" src="/assets/leo.js"></script>';
/**
 * Keeps what Leo's page keeps, and shows the preview that its address names: in a tab, in a frame as Leo's own, or in
 * one that leaves the sandbox to the preview's headers.
 */
const LEO_SCRIPT = `
localStorage.setItem("session", "secret");
document.cookie = "leo=secret; path=/";
const parameters = new URLSearchParams(location.search);
const frame = document.createElement("iframe");
frame.allow = "${FRAME_ALLOW}";
if (parameters.has("framed")) frame.sandbox = "${FRAME_SANDBOX}";
frame.src = parameters.get("framed") ?? parameters.get("preview") ?? "about:blank";
document.body.append(frame);
if (parameters.has("tab")) window.open(parameters.get("tab"));
`;

export interface Stage {
  api: TestApi;
  browser: BrowserContext;
  leo: string;
  /** The link to the preview of a completed version with these files. */
  publish: (dist: Record<string, string>, routes?: "client") => Promise<string>;
}

/** As on AWS, Leo and its previews are one site: the browser itself keeps them apart the least. */
export const ON_HOSTS = (port: number) => `http://{generationId}.leo.localhost:${port}/`;
export const UNDER_A_PATH = (port: number) => `http://leo.localhost:${port}/preview/{generationId}/`;
/** Plain HTTP under a name that is no secure context, as on AWS without a domain. */
export const ON_PLAIN_HTTP = (port: number) => `http://leo.test:${port}/preview/{generationId}/`;

/** @param template where previews are, of the port */
export const withStage = async (
  template: (port: number) => string,
  run: (stage: Stage) => Promise<void>,
  settings: Record<string, string> = {},
) => {
  const port = await freePort();
  const leo = `http://${template === ON_PLAIN_HTTP ? "leo.test" : "leo.localhost"}:${port}`;
  const webDist = await mkdtemp(join(tmpdir(), "leo-dist-"));
  await mkdir(join(webDist, "assets"));
  await writeFile(join(webDist, "index.html"), LEO);
  await writeFile(join(webDist, "assets/leo.js"), LEO_SCRIPT);
  const env = { ...settings, LEO_PUBLIC_URL: leo, LEO_PREVIEW_URL_TEMPLATE: template(port) };
  try {
    await withApi(
      async (api) => {
        const browser = await (await sharedBrowser()).newContext();
        const publish: Stage["publish"] = async (dist, routes) => {
          const { body } = await api.call<z.infer<typeof CreatedApp>>(api.ann, "POST", "/api/apps", {
            prompt: "x",
          });
          const path = `/api/generations/${body.generation.id}`;
          await completeGeneration(api, body.generation.id, { dist, routes });
          return (await api.call<Generation>(api.ann, "GET", path)).body.previewUrl ?? "";
        };
        await run({ api, browser, leo, publish });
        await browser.close();
      },
      { env, port, parts: { webDist } },
    );
  } finally {
    await rm(webDist, { recursive: true });
  }
};
