/** The colour an app is accented with: read from a prompt, written into `src/index.css`. */

/** Three shades of each colour a prompt may name: 400 for dark, 500 for rings, 600 for light. */
const PALETTE: Record<string, readonly [string, string, string]> = {
  indigo: ["#818cf8", "#6366f1", "#4f46e5"],
  blue: ["#60a5fa", "#3b82f6", "#2563eb"],
  green: ["#34d399", "#10b981", "#047857"],
  teal: ["#2dd4bf", "#14b8a6", "#0f766e"],
  red: ["#f87171", "#ef4444", "#dc2626"],
  orange: ["#fb923c", "#f97316", "#c2410c"],
  yellow: ["#fbbf24", "#f59e0b", "#b45309"],
  purple: ["#c084fc", "#a855f7", "#9333ea"],
  violet: ["#a78bfa", "#8b5cf6", "#7c3aed"],
  pink: ["#f472b6", "#ec4899", "#db2777"],
  gray: ["#94a3b8", "#64748b", "#475569"],
};

/** The first colour that a prompt names, in the palette's spelling. */
export const colourIn = (prompt: string): string | undefined => {
  const match = new RegExp(`\\b(${Object.keys(PALETTE).join("|")}|grey)\\b`, "i").exec(prompt);
  return match?.[1]?.toLowerCase().replace("grey", "gray");
};

/** A stylesheet with its `--color-accent-*` lines set to a colour of the palette. */
export const withAccent = (css: string, colour: string): string => {
  const shades = PALETTE[colour];
  if (!shades) return css;
  return [400, 500, 600].reduce(
    (text, step, index) =>
      text.replace(new RegExp(`(--color-accent-${step}:\\s*)[^;]+;`), `$1${shades[index]};`),
    css,
  );
};
