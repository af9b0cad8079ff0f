/**
 * The frame that shows an app, in its preview and in the smoke test before it. An app has its own origin or an
 * opaque one; the sandbox keeps it from touching the page around it.
 *
 * Pointer lock and fullscreen need a click in the app and end with Escape, so games may have them. Nothing here
 * reaches hardware that can watch people, navigates Leo's page or opens unsandboxed windows.
 */
export const FRAME_SANDBOX =
  "allow-scripts allow-forms allow-modals allow-popups allow-downloads allow-pointer-lock allow-same-origin";

/** `*`, because an app under a path has an opaque origin, not the one in its address. */
export const FRAME_ALLOW = "autoplay *; clipboard-write *; fullscreen *; gamepad *; screen-wake-lock *";
