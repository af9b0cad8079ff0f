import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { join } from "node:path";
import { defineConfig } from "vite";
import { precompress } from "./precompress.ts";
import { preloadFont } from "./preload-font.ts";
import { serveUi } from "./serve-ui.ts";

/** Browsers with `light-dark()` and nested CSS; the stylesheet counts on both. */
const BROWSERS = ["chrome123", "firefox121", "safari17.5"];

const code = (file: string) => join(import.meta.dirname, "src/components/code", file);

/** The development server serves the sources and passes everything else on to a running orchestrator. */
const orchestrator = process.env["LEO_ORCHESTRATOR_URL"] ?? "http://localhost:5013";

export default defineConfig({
  root: import.meta.dirname,
  resolve: {
    // The code viewer would bring every grammar, every theme and two WebAssembly engines.
    alias: [
      { find: /^shiki\/langs$/, replacement: code("languages.ts") },
      { find: /^@pierre\/theming\/themes$/, replacement: code("themes.ts") },
      { find: /^shiki\/(?:wasm|engine\/oniguruma)$/, replacement: code("absent.ts") },
      { find: /^@pierre\/highlights(?:\/.*)?$/, replacement: code("absent.ts") },
    ],
  },
  plugins: [react(), tailwindcss(), preloadFont(), precompress()],
  build: {
    target: BROWSERS,
    cssTarget: BROWSERS,
    // The content security policy allows no data: fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: {
      output: {
        // What every page needs comes in two files, of which one outlives most releases in the browser's
        // cache. Left alone it would be thirty, and a slow line takes its time for each.
        codeSplitting: {
          groups: [
            { name: "libraries", tags: ["$initial"], test: /node_modules/, priority: 1 },
            { name: "first", tags: ["$initial"] },
          ],
        },
      },
    },
  },
  server: {
    // Previews are origins of their own beside this one, and may read nothing of it.
    cors: false,
    proxy: { "^/": { target: orchestrator, ws: true, bypass: serveUi } },
  },
});
