/** Makes a syntax theme legible on a given background, after WCAG 2's contrast ratio. */
type Rgb = readonly [red: number, green: number, blue: number];

/** Colours of a theme, in the form that Shiki reads. */
export interface SyntaxTheme {
  colors: Record<string, string>;
  tokenColors: { scope?: unknown; settings: { foreground?: string } }[];
}

const HEX = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i;
/** One step towards black or white. */
const STEP = 0.05;

const parse = (hex: string): Rgb | undefined => {
  const found = HEX.exec(hex);
  if (!found) return undefined;
  const [red = 0, green = 0, blue = 0] = found.slice(1, 4).map((part) => Number.parseInt(part, 16));
  return [red, green, blue];
};

const format = (rgb: Rgb) =>
  `#${rgb.map((channel) => Math.round(channel).toString(16).padStart(2, "0")).join("")}`;

const linear = (channel: number) => {
  const value = channel / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
};

const luminance = ([red, green, blue]: Rgb) =>
  0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);

const ratioOf = (one: Rgb, other: Rgb) => {
  const [dark, light] = [luminance(one), luminance(other)].toSorted((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
};

/** Contrast ratio of two hex colours, from 1 to 21; 1 when one of them is none. */
export const contrastRatio = (one: string, other: string): number => {
  const [first, second] = [parse(one), parse(other)];
  return first && second ? ratioOf(first, second) : 1;
};

const towards = (from: Rgb, to: Rgb): Rgb => {
  const mix = (index: 0 | 1 | 2) => from[index] + (to[index] - from[index]) * STEP;
  return [mix(0), mix(1), mix(2)];
};

/** The colour itself, or the nearest one towards black or white that stands out enough. */
const legible = (hex: string, background: Rgb, minRatio: number): string => {
  const start = parse(hex);
  if (!start) return hex;
  const end: Rgb = luminance(background) < 0.18 ? [255, 255, 255] : [0, 0, 0];
  let colour = start;
  for (let steps = 0; steps < 100 && ratioOf(colour, background) < minRatio; steps += 1) {
    colour = towards(colour, end);
  }
  return format(colour);
};

/**
 * A copy of a theme whose every foreground has at least this ratio.
 * @param background the background with the least contrast that text stands on
 */
export const withContrast = <Theme extends SyntaxTheme>(
  theme: Theme,
  background: string,
  minRatio: number,
): Theme => {
  const ground = parse(background);
  if (!ground) return theme;
  const fix = (hex: string) => legible(hex, ground, minRatio);
  return {
    ...theme,
    colors: {
      ...theme.colors,
      ...(theme.colors["editor.foreground"] && {
        "editor.foreground": fix(theme.colors["editor.foreground"]),
      }),
    },
    tokenColors: theme.tokenColors.map((rule) =>
      rule.settings.foreground === undefined
        ? rule
        : { ...rule, settings: { ...rule.settings, foreground: fix(rule.settings.foreground) } },
    ),
  };
};
