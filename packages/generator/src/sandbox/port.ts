/** Where the sandbox's host listens unless the settings name another port. */
export const DEFAULT_SANDBOX_PORT = 8081;
