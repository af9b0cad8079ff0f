import { dirname } from "node:path";
import { networkSettings, withoutProxyCredentials } from "@leo/core/network-settings.ts";
import type { RunPaths } from "../run-paths.ts";

/**
 * The environment of everything that the agent writes or starts: its own process, its tools, the type checker, the
 * build. It is built from scratch, so it can't contain the attempt's token or a credential of the machine. `HOME` is
 * in the run's own directory, which also identifies the run's processes.
 */
export const cleanEnvironment = (paths: RunPaths): Record<string, string> => ({
  PATH: `${dirname(process.execPath)}:${process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin"}`,
  HOME: paths.home,
  TMPDIR: paths.temporary,
  SHELL: "/bin/bash",
  USER: "leo",
  LANG: "C.UTF-8",
  TERM: "dumb",
  NO_COLOR: "1",
  CI: "1",
  // `http://user:password@proxy` contains a credential.
  ...withoutProxyCredentials(networkSettings(process.env)),
  npm_config_fetch_retries: "1",
  npm_config_fetch_timeout: "60000",
  npm_config_cache: `${paths.home}/.npm`,
  npm_config_ignore_scripts: "true",
  npm_config_audit: "false",
  npm_config_fund: "false",
  npm_config_update_notifier: "false",
});

/** Any token will do, because the gateway replaces it. */
const DUMMY_TOKEN = "leo-gateway-has-the-real-one";

/** The clean environment plus what the agent's harness needs. */
export const agentEnvironment = (
  paths: RunPaths,
  model: { baseUrl: string; small: string },
): Record<string, string> => ({
  ...cleanEnvironment(paths),
  ANTHROPIC_BASE_URL: model.baseUrl,
  ANTHROPIC_AUTH_TOKEN: DUMMY_TOKEN,
  ANTHROPIC_DEFAULT_HAIKU_MODEL: model.small,
  // The gateway may wait for the model as long as the run lasts, and the harness has to wait with it.
  API_TIMEOUT_MS: "3600000",
  CLAUDE_STREAM_FIRST_BYTE_TIMEOUT_MS: "1800000",
  CLAUDE_STREAM_IDLE_TIMEOUT_MS: "1800000",
  // The harness's pauses double after each broken-off answer. After this many, Leo takes over.
  CLAUDE_CODE_MAX_RETRIES: "4",
  // An unstreamed answer shows nothing until it's over, and if it breaks off nobody knows what it cost.
  CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK: "1",
  CLAUDE_CODE_MAX_OUTPUT_TOKENS: "32000",
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: "1",
  CLAUDE_AGENT_SDK_CLIENT_APP: "leo/1",
  DISABLE_AUTOUPDATER: "1",
  DISABLE_TELEMETRY: "1",
  DISABLE_ERROR_REPORTING: "1",
  // The harness ends a tool call that never returns, and tells the model.
  BASH_DEFAULT_TIMEOUT_MS: "120000",
  BASH_MAX_TIMEOUT_MS: "240000",
  BASH_MAX_OUTPUT_LENGTH: "30000",
});
