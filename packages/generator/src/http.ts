/**
 * Node's HTTP, not as an ES module: as one it loads all of undici too, for two names that nobody asks for
 * here. That takes 80 ms of a process's start, more than everything else in the gateway.
 */
export const http = process.getBuiltinModule("node:http");
export const https = process.getBuiltinModule("node:https");
