/**
 * Node's HTTP, not as an ES module: as one it loads all of undici too, for two names that nobody asks for
 * here. That takes 80 ms of processor time of each start, before any work is done.
 */
export const http = process.getBuiltinModule("node:http");
export const https = process.getBuiltinModule("node:https");
