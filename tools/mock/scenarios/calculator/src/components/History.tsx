import { Button } from "./Button.tsx";

interface HistoryProps {
  lines: string[];
  onClear: () => void;
}

export function History({ lines, onClear }: HistoryProps) {
  return (
    <section aria-label="History" className="text-sm">
      <div className="flex items-center justify-between">
        <h2 className="font-semibold">History</h2>
        <Button look="quiet" disabled={lines.length === 0} onClick={onClear}>
          Clear history
        </Button>
      </div>
      {lines.length === 0 && (
        <p className="text-slate-500 dark:text-slate-400">Finished calculations appear here.</p>
      )}
      <ol className="space-y-1 text-right text-slate-600 tabular-nums dark:text-slate-400">
        {lines.map((line, index) => (
          <li key={`${lines.length - index} ${line}`}>{line}</li>
        ))}
      </ol>
    </section>
  );
}
