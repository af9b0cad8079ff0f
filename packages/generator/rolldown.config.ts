/**
 * Both programs of a task, each with what it needs to begin in a few files: a task starts them anew, and
 * finding and reading a hundred small modules takes longer than running them.
 */
import { defineConfig, type RolldownOptions } from "rolldown";

/** Each by itself: what they share would be files of its own, to be found and read by both. */
const program = (name: string, file: string): RolldownOptions => ({
  input: { [name]: file },
  platform: "node",
  // What `main` begins with goes into `main` itself.
  preserveEntrySignatures: "allow-extension",
  // Loaded late, and from where npm put them: they look for files of their own beside them.
  external: [/^@aws-sdk\//, "playwright-core", "tar"],
  // The agent SDK needs these for tools of one's own, of which there are none here: without this they
  // would be loaded, and their schemas made, before the agent's first word.
  treeshake: {
    moduleSideEffects: [
      { test: /\/node_modules\/(?:@modelcontextprotocol\/sdk|zod|ajv|ajv-formats)\//, sideEffects: false },
    ],
  },
  // What an earlier build left stays: a run under way may still load it.
  output: { dir: "dist", format: "esm", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
});

export default defineConfig([program("sandbox", "src/sandbox/host/main.ts"), program("main", "src/main.ts")]);
