/** What `sst dev` runs. The rest is imported only after the compile cache is on. */
import { enableCompileCache } from "node:module";
import { CACHE_DIR } from "./start/settings.ts";

const start = async (): Promise<number> => {
  enableCompileCache(CACHE_DIR);
  try {
    const { run } = await import("./dev/main.ts");
    return await run();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    console.error("\nThe project's packages are not installed, or are older than its sources. Run: npm ci\n");
    return 1;
  }
};

process.exit(await start());
