import { Button } from "./Button.tsx";
import { Card } from "./Card.tsx";

export interface Entry {
  id: number;
  name: string;
  details: string;
  starred: boolean;
}

interface EntryRowProps {
  entry: Entry;
  onSave: (entry: Entry) => void;
  onEdit: (entry: Entry) => void;
  onRemove: (id: number) => void;
}

export function EntryRow({ entry, onSave, onEdit, onRemove }: EntryRowProps) {
  return (
    <li>
      <Card label={entry.name} className="flex items-start gap-3 p-4">
        <button
          type="button"
          aria-pressed={entry.starred}
          aria-label={`Star ${entry.name}`}
          onClick={() => onSave({ ...entry, starred: !entry.starred })}
          className="cursor-pointer rounded-lg px-2 py-1 text-xl text-slate-300 transition hover:text-amber-400 aria-pressed:text-amber-400 dark:text-slate-600"
        >
          ★
        </button>
        <div className="min-w-0 flex-1 py-1">
          <h2 className="font-semibold break-words">{entry.name}</h2>
          {entry.details && (
            <p className="mt-1 break-words whitespace-pre-wrap text-slate-600 dark:text-slate-400">
              {entry.details}
            </p>
          )}
        </div>
        <Button look="quiet" onClick={() => onEdit(entry)} aria-label={`Edit ${entry.name}`}>
          Edit
        </Button>
        <Button look="danger" onClick={() => onRemove(entry.id)} aria-label={`Delete ${entry.name}`}>
          Delete
        </Button>
      </Card>
    </li>
  );
}
