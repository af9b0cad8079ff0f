import { TriangleAlert } from "lucide-react";
import { Button } from "../../../components/ui/button.tsx";
import { formatClock, plural } from "../../../lib/format.ts";
import type { AppError } from "../use-app-errors.ts";

interface ConsoleDrawerProps {
  errors: readonly AppError[];
  onClear: () => void;
}

/** What went wrong inside the app, as its own console would say. */
export const ConsoleDrawer = ({ errors, onClear }: ConsoleDrawerProps) => {
  if (errors.length === 0) return null;
  return (
    <details className="shrink-0 border-t border-line bg-surface">
      <summary className="flex h-9 items-center gap-2 px-3 text-xs">
        <TriangleAlert className="size-3.5 text-bad" aria-hidden="true" />
        <span className="font-medium">{plural(errors.length, "error")} in the app</span>
      </summary>
      <div className="max-h-48 overflow-auto px-3 pb-3" tabIndex={0} role="region" aria-label="App errors">
        <ul className="space-y-1 font-mono text-xs">
          {errors.map(({ id, text, at }) => (
            <li key={id} className="flex gap-3">
              <time className="shrink-0 text-faint" dateTime={at}>
                {formatClock(at)}
              </time>
              <span className="break-words whitespace-pre-wrap">{text}</span>
            </li>
          ))}
        </ul>
        <Button size="small" className="mt-2" onClick={onClear}>
          Clear
        </Button>
      </div>
    </details>
  );
};
