/** The port of the sandbox's host, unless the settings name another. */
export const DEFAULT_SANDBOX_PORT = 8081;
