/** What the calculator remembers between two keys. */
export interface State {
  /** The number on the display, as typed. */
  display: string;
  /** The left side of a calculation that waits for its right side. */
  left: number | null;
  operator: Operator | null;
  /** True when the next digit starts a new number. */
  fresh: boolean;
}

export const OPERATORS = ["+", "−", "×", "÷"] as const;
export type Operator = (typeof OPERATORS)[number];

export const START: State = { display: "0", left: null, operator: null, fresh: true };

const DIGITS_MAX = 14;

const APPLY: Record<Operator, (left: number, right: number) => number> = {
  "+": (left, right) => left + right,
  "−": (left, right) => left - right,
  "×": (left, right) => left * right,
  "÷": (left, right) => left / right,
};

/** Rounds away what binary fractions leave behind: 0.1 + 0.2 is 0.3. */
export const format = (value: number) =>
  Number.isFinite(value) ? String(Number(value.toPrecision(12))) : "Not a number";

const isOperator = (key: string): key is Operator => (OPERATORS as readonly string[]).includes(key);

const enterDigit = (state: State, key: string): State => {
  if (state.fresh) return { ...state, display: key === "." ? "0." : key, fresh: false };
  if (key === "." && state.display.includes(".")) return state;
  if (state.display.replace(/\D/g, "").length >= DIGITS_MAX) return state;
  return { ...state, display: state.display === "0" && key !== "." ? key : state.display + key };
};

/** The display's value once a waiting calculation is carried out. */
const result = ({ left, operator, display }: State) =>
  left !== null && operator ? APPLY[operator](left, Number(display)) : Number(display);

/** The state after a key: a digit, `.`, an operator, `=`, `C`, `±`, `%` or `⌫`. */
export const press = (state: State, key: string): State => {
  if (/^[\d.]$/.test(key)) return enterDigit(state, key);
  if (key === "C") return START;
  if (key === "±") return { ...state, display: format(-Number(state.display)) };
  if (key === "%") return { ...state, display: format(Number(state.display) / 100) };
  if (key === "⌫") return state.fresh ? state : { ...state, display: state.display.slice(0, -1) || "0" };
  if (key === "=") return { display: format(result(state)), left: null, operator: null, fresh: true };
  if (!isOperator(key)) return state;
  if (state.fresh && state.operator) return { ...state, operator: key };
  const value = result(state);
  return { display: format(value), left: value, operator: key, fresh: true };
};
