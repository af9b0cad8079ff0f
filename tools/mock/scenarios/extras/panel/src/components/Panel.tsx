import { useStored } from "../lib/useStored.ts";
import { Card } from "./Card.tsx";

interface PanelProps {
  heading: string;
}

/** A section with room for text that stays. */
export function Panel({ heading }: PanelProps) {
  const [text, setText] = useStored(`panel: ${heading}`, "");
  return (
    <Card label={heading} className="p-5">
      <h2 className="text-lg font-semibold">{heading}</h2>
      <textarea
        value={text}
        onChange={(event) => setText(event.target.value)}
        aria-label={`${heading}: text`}
        placeholder="Write here…"
        rows={4}
        className="mt-3 w-full rounded-xl border border-slate-300 bg-slate-50 px-4 py-2 placeholder:text-slate-500 dark:border-slate-700 dark:bg-slate-800 dark:placeholder:text-slate-400"
      />
    </Card>
  );
}
