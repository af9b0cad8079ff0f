/**
 * Node's HTTP, not as an ES module: as one it loads all of undici too, for two names that nobody asks for
 * here. That takes 80 ms of processor time of each start, before any work is done.
 */
export const http = process.getBuiltinModule("node:http");

/** Loaded by whoever needs it: TLS takes another 15 ms. */
export const loadHttps = () => process.getBuiltinModule("node:https");
