import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  // The app may be served from any path.
  base: "./",
  // node_modules may be shared with other apps.
  cacheDir: ".vite",
  plugins: [react(), tailwindcss()],
});
