/**
 * Both programs of a task, each with what it needs to begin in a few files: a task starts them anew, and
 * finding and reading a hundred small modules takes longer than running them.
 */
import { defineConfig } from "rolldown";

export default defineConfig({
  input: { main: "src/main.ts", gateway: "src/gateway/main.ts" },
  platform: "node",
  // Loaded late, and from where npm put them: they look for files of their own beside them.
  external: [/^@anthropic-ai\//, /^@aws-sdk\//, "playwright-core", "tar"],
  // What an earlier build left stays: a run under way may still load it.
  output: { dir: "dist", format: "esm", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
});
