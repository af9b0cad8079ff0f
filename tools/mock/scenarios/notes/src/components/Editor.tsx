import { focusOnMount } from "../lib/focusOnMount.ts";
import { Button } from "./Button.tsx";
import type { Note } from "./NoteList.tsx";

interface EditorProps {
  note: Note;
  onChange: (note: Note) => void;
  onRemove: () => void;
}

const countWords = (text: string) => text.split(/\s+/).filter(Boolean).length;

/** Every keystroke is kept; there is nothing to save. */
export function Editor({ note, onChange, onRemove }: EditorProps) {
  return (
    <div className="flex min-h-80 flex-col p-5">
      <input
        ref={note.heading === "" ? focusOnMount : undefined}
        value={note.heading}
        onChange={(event) => onChange({ ...note, heading: event.target.value })}
        aria-label="Heading"
        placeholder="Heading"
        className="rounded-lg bg-transparent px-2 py-1 text-2xl font-semibold placeholder:text-slate-400"
      />
      <textarea
        value={note.text}
        onChange={(event) => onChange({ ...note, text: event.target.value })}
        aria-label="Text"
        placeholder="Write here…"
        className="mt-2 flex-1 resize-none rounded-lg bg-transparent px-2 py-1 leading-relaxed placeholder:text-slate-400"
      />
      <div className="mt-3 flex items-center justify-between text-sm text-slate-500 dark:text-slate-400">
        <span>{countWords(note.text)} words · kept in this browser</span>
        <Button look="danger" onClick={onRemove}>
          Delete note
        </Button>
      </div>
    </div>
  );
}
