/** Whether a person who uses the keyboard sees where they are. */
import type { Page } from "playwright-core";

/** WCAG 2.2, 1.4.11 and 2.4.13: three to one against what is beside it. */
const MIN_CONTRAST = 3;

/**
 * Gives each control the focus, as the keyboard does, and measures what that changes around it: an outline
 * or a border, on the control or on a box that it fills.
 * @returns one line for each control whose focus cannot be seen. Apps in frames are not Leo's
 */
export const unseenFocus = async (page: Page): Promise<string[]> => {
  // From here on the browser takes the focus as given by the keyboard.
  await page.keyboard.press("Tab");
  return page.evaluate((minContrast) => {
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("The page has no canvas.");
    /** @returns red, green, blue, alpha, each from 0 to 1 */
    const channels = (colour: string): number[] => {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      return [...context.getImageData(0, 0, 1, 1).data].map((value) => value / 255);
    };
    const luminance = (colour: string): number => {
      const [red = 0, green = 0, blue = 0] = channels(colour).map((value) =>
        value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const contrast = (one: string, other: string): number => {
      const [low = 0, high = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
      return (high + 0.05) / (low + 0.05);
    };
    const behind = (element: Element): string => {
      for (let at: Element | null = element; at; at = at.parentElement) {
        const colour = getComputedStyle(at).backgroundColor;
        if (channels(colour)[3] === 1) return colour;
      }
      return "white";
    };
    /** Colours of lines around the element. */
    const lines = (element: Element): string[] => {
      const style = getComputedStyle(element);
      const hasOutline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
      const hasBorder = parseFloat(style.borderBottomWidth) >= 1;
      return [hasOutline ? style.outlineColor : "", hasBorder ? style.borderBottomColor : ""];
    };
    const boxes = (element: Element): Element[] =>
      [element, element.parentElement, element.parentElement?.parentElement].filter((box) => !!box);
    const isVisible = (element: HTMLElement) =>
      element.checkVisibility({ visibilityProperty: true }) && element.getBoundingClientRect().width > 1;

    const controls = [
      ...document.querySelectorAll<HTMLElement>("a[href], button, input, textarea, summary, [tabindex]"),
    ].filter(
      (element) => isVisible(element) && !element.matches(":disabled, [inert] *, [data-base-ui-focus-guard]"),
    );
    return controls.flatMap((element) => {
      element.focus({ preventScroll: true });
      if (document.activeElement !== element) return [];
      const focused = boxes(element).map(lines);
      const backgrounds = boxes(element).map((box) => behind(box.parentElement ?? box));
      element.blur();
      const before = boxes(element).map(lines);
      const seen = focused.some((colours, box) =>
        colours.some(
          (colour, line) =>
            colour !== "" &&
            colour !== before[box]?.[line] &&
            channels(colour)[3] === 1 &&
            contrast(colour, backgrounds[box] ?? "white") >= minContrast,
        ),
      );
      const name = element.getAttribute("aria-label") ?? element.textContent;
      return seen ? [] : [`${element.tagName.toLowerCase()} "${name.trim().slice(0, 40)}"`];
    });
  }, MIN_CONTRAST);
};
