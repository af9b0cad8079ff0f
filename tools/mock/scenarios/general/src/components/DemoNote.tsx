import { Card } from "./Card.tsx";

interface DemoNoteProps {
  /** What was asked for. */
  wish: string;
  /** What of it no app without a server can do; empty where there is nothing. */
  missing: string;
}

export function DemoNote({ wish, missing }: DemoNoteProps) {
  return (
    <Card label="About this app" className="px-6 py-4 text-slate-600 dark:text-slate-400">
      <p>
        Leo’s demo model plays prepared apps, and “{wish}” is none of them. This plain list stands in its
        place.
      </p>
      {missing && <p className="mt-2">An app without a server can’t do this at all: {missing}.</p>}
    </Card>
  );
}
