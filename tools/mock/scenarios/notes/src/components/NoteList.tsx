export interface Note {
  id: number;
  heading: string;
  text: string;
  /** Milliseconds since 1970. */
  changedAt: number;
}

interface NoteListProps {
  notes: Note[];
  selectedId: number | null;
  onSelect: (id: number) => void;
}

const dateFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function NoteList({ notes, selectedId, onSelect }: NoteListProps) {
  return (
    <ul aria-label="All notes" className="max-h-64 overflow-y-auto md:max-h-none">
      {notes.map((note) => (
        <li key={note.id}>
          <button
            type="button"
            aria-current={note.id === selectedId}
            onClick={() => onSelect(note.id)}
            className="block w-full cursor-pointer border-l-4 border-transparent px-4 py-3 text-left transition hover:bg-slate-500/10 aria-[current=true]:border-accent-500 aria-[current=true]:bg-accent-500/10"
          >
            <span className="block truncate font-medium">{note.heading || "Untitled"}</span>
            <span className="block truncate text-sm text-slate-500 dark:text-slate-400">
              {note.text || "No text"}
            </span>
            <span className="text-xs text-slate-500 dark:text-slate-400">
              {dateFormat.format(note.changedAt)}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
