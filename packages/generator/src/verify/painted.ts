/** Whether a page shows anything, by its pixels: whatever an app is made of, people see pixels. */
import type { Frame, Page } from "playwright-core";

/** Out of 255. Antialiasing and a vignette on an empty page differ by less, and so would anything invisible. */
const CHANNEL_TOLERANCE = 6;
/** Fewer pixels than a dot of this size don't count as content. */
const PIXELS_MIN = 4;
const SCREENSHOT_TIMEOUT_MS = 15_000;
const LOOK_AGAIN_MS = 250;

/** Runs in Leo's page around the app. @returns the only colour of a PNG, or undefined if enough pixels differ */
const ONE_COLOUR = `async ([png, tolerance, min]) => {
  const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  const [red, green, blue] = data;
  let others = 0;
  for (let at = 0; at < data.length; at += 4) {
    const isOther =
      Math.abs(data[at] - red) > tolerance ||
      Math.abs(data[at + 1] - green) > tolerance ||
      Math.abs(data[at + 2] - blue) > tolerance;
    if (isOther && ++others === min) return undefined;
  }
  return "#" + [red, green, blue].map((channel) => channel.toString(16).padStart(2, "0")).join("");
}`;

/** Runs in the app's page. An empty text field without a border has only one colour, but can be written in. */
const HAS_FIELD = `[...document.querySelectorAll("textarea, input:not([type=hidden]), select, [contenteditable]:not([contenteditable=false])")].some((field) => {
  const { width, height, top, left } = field.getBoundingClientRect();
  return width >= 8 && height >= 8 && top < innerHeight && left < innerWidth && field.checkVisibility({ visibilityProperty: true, opacityProperty: true });
})`;

const hasField = async (frame: Frame): Promise<boolean> => {
  try {
    return await frame.evaluate<boolean>(HAS_FIELD);
  } catch {
    // The page has moved on or has no document yet, so it's checked again.
    return false;
  }
};

export interface Painting {
  /** PNG. */
  screenshot: Buffer;
  /** The only colour of a page that shows nothing; undefined if it shows something. */
  blank: string | undefined;
}

/**
 * Takes pictures of a page until it shows something.
 * @param waitMs how much longer to wait, in milliseconds; called after each picture
 */
export const waitForPaint = async (page: Page, frame: Frame, waitMs: () => number): Promise<Painting> => {
  const startedMs = performance.now();
  for (;;) {
    const screenshot = await page.screenshot({ type: "png", timeout: SCREENSHOT_TIMEOUT_MS });
    const colour = await page.evaluate<string | undefined, unknown[]>(
      `(${ONE_COLOUR})(${JSON.stringify([screenshot.toString("base64"), CHANNEL_TOLERANCE, PIXELS_MIN])})`,
      [],
    );
    if (colour === undefined || (await hasField(frame))) return { screenshot, blank: undefined };
    if (performance.now() - startedMs >= waitMs()) return { screenshot, blank: colour };
    await page.waitForTimeout(LOOK_AGAIN_MS);
  }
};
