import type { IncomingMessage } from "node:http";

/** Leo's own host on a laptop. Others are previews: `{generationId}.localhost`. */
const UI_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;
/** The orchestrator's; every other path is a page or a file of the UI. */
const NO_PAGE = /^\/(?:api|ws|health|metrics|preview|s)(?:[/?]|$)/;

/**
 * Which requests the development server answers itself.
 * @returns the URL to answer; undefined for what goes to the orchestrator
 */
export const serveUi = ({ url = "/", headers }: IncomingMessage): string | undefined =>
  UI_HOST.test(headers.host ?? "") && !NO_PAGE.test(url) ? url : undefined;
