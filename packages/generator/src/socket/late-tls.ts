/**
 * Stands in the build for Node's `https` and `tls`, of which `ws` uses these two and loads both at once:
 * 15 ms of processor time of each start, also where the orchestrator is reached without TLS.
 */
type Request = typeof import("node:https").request;
type Connect = typeof import("node:tls").connect;

export const request = ((...args: Parameters<Request>) =>
  process.getBuiltinModule("node:https").request(...args)) as Request;

export const connect = ((...args: Parameters<Connect>) =>
  process.getBuiltinModule("node:tls").connect(...args)) as Connect;
