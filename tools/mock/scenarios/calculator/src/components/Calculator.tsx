import { useEffectEvent, useLayoutEffect } from "react";
import { format, press, START, type State } from "../lib/calculate.ts";
import { useStored } from "../lib/useStored.ts";
import { Card } from "./Card.tsx";
import { History } from "./History.tsx";
import { Key } from "./Key.tsx";

const KEYS = [
  "C",
  "±",
  "%",
  "÷",
  "7",
  "8",
  "9",
  "×",
  "4",
  "5",
  "6",
  "−",
  "1",
  "2",
  "3",
  "+",
  "0",
  ".",
  "⌫",
  "=",
];

/** Keys of the keyboard that stand for keys of the calculator. */
const KEYBOARD: Record<string, string> = {
  "*": "×",
  "/": "÷",
  "-": "−",
  ",": ".",
  Enter: "=",
  Escape: "C",
  Delete: "C",
  Backspace: "⌫",
};

const HISTORY_MAX = 8;

interface Memory {
  state: State;
  /** Finished calculations, the newest first. */
  history: string[];
}

const pressKey = ({ state, history }: Memory, key: string): Memory => {
  const next = press(state, key);
  if (key !== "=" || !state.operator || state.left === null) return { state: next, history };
  const line = `${format(state.left)} ${state.operator} ${state.display} = ${next.display}`;
  return { state: next, history: [line, ...history].slice(0, HISTORY_MAX) };
};

export function Calculator() {
  const [memory, setMemory] = useStored<Memory>("calculator", { state: START, history: [] });
  const { state, history } = memory;
  const use = (key: string) => setMemory((before) => pressKey(before, key));

  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    const key = KEYBOARD[event.key] ?? event.key;
    const typing = event.target instanceof HTMLElement && event.target.matches("input, textarea");
    if (event.ctrlKey || event.metaKey || typing || !KEYS.includes(key)) return;
    event.preventDefault();
    use(key);
  });
  // A layout effect, so that keys work from the moment the page is seen.
  useLayoutEffect(() => {
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);

  return (
    <>
      <Card label="Calculator" className="p-4">
        <div className="mb-4 rounded-xl bg-slate-100 px-4 py-3 text-right dark:bg-slate-950">
          <div className="h-5 text-sm text-slate-500 dark:text-slate-400">
            {state.left !== null && `${format(state.left)} ${state.operator ?? ""}`}
          </div>
          <output
            aria-live="polite"
            aria-label="Result"
            className="block truncate text-4xl font-light tabular-nums"
          >
            {state.display}
          </output>
        </div>
        <div className="grid grid-cols-4 gap-2">
          {KEYS.map((name) => (
            <Key key={name} name={name} isActive={name === state.operator && state.fresh} onPress={use} />
          ))}
        </div>
      </Card>
      <History lines={history} onClear={() => setMemory({ state, history: [] })} />
    </>
  );
}
