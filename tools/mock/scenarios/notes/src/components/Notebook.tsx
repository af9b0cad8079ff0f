import { useState } from "react";
import { useStored } from "../lib/useStored.ts";
import { Button } from "./Button.tsx";
import { Card } from "./Card.tsx";
import { Editor } from "./Editor.tsx";
import { NoteList, type Note } from "./NoteList.tsx";

export function Notebook() {
  const [notes, setNotes] = useStored<Note[]>("notes", []);
  const [selectedId, setSelectedId] = useState<number | null>(notes[0]?.id ?? null);

  const newestFirst = notes.toSorted((a, b) => b.changedAt - a.changedAt);
  const shown = newestFirst;
  const selected = notes.find((note) => note.id === selectedId);

  const add = () => {
    const note = { id: Date.now(), heading: "", text: "", changedAt: Date.now() };
    setNotes([note, ...notes]);
    setSelectedId(note.id);
  };
  const change = (changed: Note) =>
    setNotes(notes.map((note) => (note.id === changed.id ? { ...changed, changedAt: Date.now() } : note)));
  const remove = (id: number) => {
    setNotes(notes.filter((note) => note.id !== id));
    setSelectedId(newestFirst.find((note) => note.id !== id)?.id ?? null);
  };

  return (
    <Card label="Notes" className="grid overflow-hidden md:min-h-128 md:grid-cols-[18rem_1fr]">
      <div className="border-b border-slate-200 md:border-r md:border-b-0 dark:border-slate-800">
        <div className="p-3">
          <Button look="primary" className="w-full" onClick={add}>
            New note
          </Button>
        </div>
        <NoteList notes={shown} selectedId={selectedId} onSelect={setSelectedId} />
      </div>
      {selected ? (
        <Editor key={selected.id} note={selected} onChange={change} onRemove={() => remove(selected.id)} />
      ) : (
        <p className="grid place-items-center p-12 text-center text-slate-500 dark:text-slate-400">
          {notes.length === 0 ? "No notes yet. Press “New note” to write one." : "Choose a note to read it."}
        </p>
      )}
    </Card>
  );
}
