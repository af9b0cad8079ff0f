/** Where the gateway listens unless the settings name another port. */
export const DEFAULT_GATEWAY_PORT = 8080;

/** The gateway's address for what runs in the sandbox: containers of one task share their loopback. */
export const gatewayUrl = (port: number): string => `http://127.0.0.1:${port}`;
