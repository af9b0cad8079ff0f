import { readdirSync } from "node:fs";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Folders whose HTML files are no pages of their own; what is in `public` is copied as it is. */
const NO_PAGES = new Set(["dist", "node_modules", "public", "src"]);

/** Every page of the app: `about.html` becomes `/about.html`, `docs/index.html` becomes `/docs/`. */
const pagesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.name.startsWith(".")) return [];
    if (entry.isDirectory()) return folder === "." && NO_PAGES.has(entry.name) ? [] : pagesIn(path);
    return entry.name.endsWith(".html") ? [path] : [];
  });

export default defineConfig({
  // The app may be served from any path.
  base: "./",
  // node_modules may be shared with other apps.
  cacheDir: ".vite",
  build: { rolldownOptions: { input: pagesIn(".") } },
  plugins: [react(), tailwindcss()],
});
