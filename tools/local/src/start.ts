/** `npm start`. The rest is imported only after the compile cache is on. */
import { enableCompileCache } from "node:module";
import { CACHE_DIR } from "./start/settings.ts";

enableCompileCache(CACHE_DIR);
const { run } = await import("./start/main.ts");
process.exit(await run());
