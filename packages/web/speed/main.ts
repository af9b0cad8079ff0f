/**
 * `npm run speed -w packages/web`: numbers of the built pages in Chromium, each beside its bar. What a
 * page paints depends on what else the machine does; run it on a quiet one. Exits 1 under a bar.
 */
import { closeBrowser } from "@leo/local/testing/chromium.ts";
import { FIRST_LOAD_MAX_BYTES, firstLoadBytes } from "../test/support/first-load.ts";
import { CONDITIONS, measureLoad } from "./load.ts";
import { hasMissed, inKb, tellAtMost } from "./report.ts";
import { measureStreaming } from "./streaming.ts";

try {
  tellAtMost("first load: JavaScript, gzipped", await firstLoadBytes(), FIRST_LOAD_MAX_BYTES, inKb);
  for (const conditions of CONDITIONS) await measureLoad(conditions);
  console.log("While 200 events a second come, after 19,000:");
  await measureStreaming("conversation", "");
  await measureStreaming("log", "?tab=log");
} finally {
  await closeBrowser();
}
if (hasMissed()) process.exitCode = 1;
