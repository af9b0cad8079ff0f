import { vi } from "vitest";

/** A graph takes 3 s, the first one on a clean checkout 40 s more: it installs SST's platform. */
export const allowForGraphs = () => vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
