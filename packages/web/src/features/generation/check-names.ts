import type { Check } from "@leo/core/artifact.ts";

export const CHECK_NAMES: Record<Check["name"], string> = {
  install: "Dependencies",
  typecheck: "Types",
  build: "Build",
  smoke: "Opens in a browser",
};
