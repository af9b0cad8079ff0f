import type { Context as HonoContext } from "hono";
import type { Env } from "./env.ts";

const escapeHtml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** A page with one message for a person. It needs `style-src 'unsafe-inline'` where a policy is set. */
export const messagePage = (
  c: HonoContext<Env>,
  status: 404 | 410 | 429 | 503,
  title: string,
  text: string,
) =>
  c.html(
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<body style="font:16px/1.5 system-ui;max-width:36rem;margin:20vh auto;padding:0 1rem;color-scheme:light dark">
<h1 style="font-size:1.25rem">${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p></body></html>`,
    status,
    { "cache-control": "no-store" },
  );
