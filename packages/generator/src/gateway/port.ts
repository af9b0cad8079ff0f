/** The gateway's port, unless the settings name another. */
export const DEFAULT_GATEWAY_PORT = 8080;

/** The gateway's address in the sandbox: the containers of a task share their loopback. */
export const gatewayUrl = (port: number): string => `http://127.0.0.1:${port}`;
