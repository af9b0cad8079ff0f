import fc from "fast-check";
import { expect, test } from "vitest";
import { contrastRatio, withContrast } from "../src/components/code/contrast.ts";
import { themes, WORST_GROUND } from "../src/components/code/themes.ts";

const channel = fc.integer({ min: 0, max: 255 });
const hex = fc
  .tuple(channel, channel, channel)
  .map((rgb) => `#${rgb.map((part) => part.toString(16).padStart(2, "0")).join("")}`);

const themeOf = (foreground: string) => ({ colors: {}, tokenColors: [{ settings: { foreground } }] });

test("every colour becomes legible on any background", () => {
  fc.assert(
    fc.property(hex, hex, (foreground, background) => {
      const [token] = withContrast(themeOf(foreground), background, 4.5).tokenColors;
      expect(contrastRatio(token?.settings.foreground ?? "", background)).toBeGreaterThanOrEqual(4.45);
    }),
  );
});

test("a legible colour stays as it is", () => {
  const [token] = withContrast(themeOf("#eeeeee"), "#101010", 4.5).tokenColors;
  expect(token?.settings.foreground).toBe("#eeeeee");
});

test("both themes in use are legible on the background with the least contrast", async () => {
  for (const kind of ["dark", "light"] as const) {
    const { default: theme } = (await themes.getTheme(`pierre-${kind}`)?.load()) ?? { default: undefined };
    const colours = theme?.tokenColors.flatMap(({ settings }) => settings.foreground ?? []) ?? [];
    expect(colours.length).toBeGreaterThan(100);
    for (const colour of colours)
      expect(contrastRatio(colour, WORST_GROUND[kind])).toBeGreaterThanOrEqual(4.5);
  }
});
