import { OPERATORS } from "../lib/calculate.ts";

interface KeyProps {
  name: string;
  /** True for the operator that waits for its right side. */
  isActive: boolean;
  onPress: (name: string) => void;
}

const SPOKEN: Record<string, string> = {
  C: "Clear",
  "±": "Change sign",
  "%": "Percent",
  "÷": "Divide",
  "×": "Multiply",
  "−": "Subtract",
  "+": "Add",
  ".": "Decimal point",
  "⌫": "Delete last digit",
  "=": "Equals",
};

const lookOf = (name: string) => {
  if (name === "=") return "bg-accent-600 text-white hover:bg-accent-500";
  if ((OPERATORS as readonly string[]).includes(name)) {
    return "bg-accent-500/15 text-accent-600 hover:bg-accent-500/25 dark:text-accent-400";
  }
  return "bg-slate-100 hover:bg-slate-200 dark:bg-slate-800 dark:hover:bg-slate-700";
};

export function Key({ name, isActive, onPress }: KeyProps) {
  return (
    <button
      type="button"
      aria-label={SPOKEN[name] ?? name}
      onClick={() => onPress(name)}
      className={`cursor-pointer rounded-xl py-4 text-xl font-medium transition active:scale-95 ${lookOf(name)} ${isActive ? "ring-2 ring-accent-500" : ""}`}
    >
      {name}
    </button>
  );
}
