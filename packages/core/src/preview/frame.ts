/**
 * The frame in which Leo shows an app, in its preview and in the smoke test before it. An app has an origin of its
 * own, or an opaque one: the sandbox keeps it from touching the page around it.
 *
 * Pointer lock and fullscreen need a click in the app and end with Escape, so games may have them. Nothing here
 * reaches hardware that watches people, navigates Leo's page or opens windows without a sandbox.
 */
export const FRAME_SANDBOX =
  "allow-scripts allow-forms allow-modals allow-popups allow-downloads allow-pointer-lock allow-same-origin";

/** `*`, because an app under a path has an opaque origin, which is not the one that its address names. */
export const FRAME_ALLOW = "autoplay *; clipboard-write *; fullscreen *; gamepad *; screen-wake-lock *";
