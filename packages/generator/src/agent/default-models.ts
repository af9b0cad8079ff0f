/** Used if the settings name no model. */
export const DEFAULT_MODEL = "claude-opus-5-5";
/** For the harness's own side requests, such as a session's title. */
export const DEFAULT_SMALL_MODEL = "claude-haiku-5-5";
