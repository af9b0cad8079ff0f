import { useState } from "react";
import { useStored } from "../lib/useStored.ts";
import { Button } from "./Button.tsx";
import { Card } from "./Card.tsx";
import { EntryForm } from "./EntryForm.tsx";
import { EntryRow, type Entry } from "./EntryRow.tsx";

const newEntry = (): Entry => ({ id: Date.now(), name: "", details: "", starred: false });

export function Collection() {
  const [entries, setEntries] = useStored<Entry[]>("entries", []);
  const [edited, setEdited] = useState<Entry | null>(null);

  const starredFirst = entries.toSorted((a, b) => Number(b.starred) - Number(a.starred));
  const shown = starredFirst;

  const save = (entry: Entry) => {
    const isNew = !entries.some(({ id }) => id === entry.id);
    setEntries(isNew ? [entry, ...entries] : entries.map((old) => (old.id === entry.id ? entry : old)));
    setEdited(null);
  };
  const remove = (id: number) => setEntries(entries.filter((entry) => entry.id !== id));

  return (
    <>
      <div className="flex items-center justify-between gap-4">
        <p aria-live="polite" className="text-slate-600 dark:text-slate-400">
          {entries.length === 1 ? "1 entry" : `${entries.length} entries`}
        </p>
        <Button look="primary" onClick={() => setEdited(newEntry())}>
          New entry
        </Button>
      </div>
      {edited && <EntryForm key={edited.id} entry={edited} onSave={save} onCancel={() => setEdited(null)} />}
      {shown.length === 0 && !edited && (
        <Card className="px-6 py-14 text-center text-slate-500 dark:text-slate-400">
          Nothing here yet. Press “New entry” to begin.
        </Card>
      )}
      <ul aria-label="Entries" className="space-y-3">
        {shown.map((entry) => (
          <EntryRow key={entry.id} entry={entry} onSave={save} onEdit={setEdited} onRemove={remove} />
        ))}
      </ul>
    </>
  );
}
