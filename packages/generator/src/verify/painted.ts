/** Whether a page shows anything, by its pixels: whatever an app is made of, people see pixels. */
import type { Frame, Page } from "playwright-core";

/** Of 255: antialiasing and a vignette on an empty page differ by less, and so would what nobody can see. */
const CHANNEL_TOLERANCE = 6;
/** Fewer pixels than a dot of this size has are no content. */
const PIXELS_MIN = 4;
const SCREENSHOT_TIMEOUT_MS = 15_000;
const LOOK_AGAIN_MS = 250;

/** Runs in the page around the app, which is ours. @returns the one colour of a PNG, or undefined where enough pixels have another */
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

/** Runs in the app's page: an empty text field without a border is one colour, and still something to write in. */
const HAS_FIELD = `[...document.querySelectorAll("textarea, input:not([type=hidden]), select, [contenteditable]:not([contenteditable=false])")].some((field) => {
  const { width, height, top, left } = field.getBoundingClientRect();
  return width >= 8 && height >= 8 && top < innerHeight && left < innerWidth && field.checkVisibility({ visibilityProperty: true, opacityProperty: true });
})`;

const hasField = async (frame: Frame): Promise<boolean> => {
  try {
    return await frame.evaluate<boolean>(HAS_FIELD);
  } catch {
    // The page has gone on to another one meanwhile, or has no document yet: it is looked at again.
    return false;
  }
};

export interface Painting {
  /** PNG. */
  screenshot: Buffer;
  /** The one colour of a page that shows nothing; undefined where it shows something. */
  blank: string | undefined;
}

/**
 * Takes pictures of a page until it shows something.
 * @param waitMs how long to wait from now on, in milliseconds; asked again after each picture
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
