import { useState, type FormEvent, type KeyboardEvent } from "react";
import { focusOnMount } from "../lib/focusOnMount.ts";
import { Button } from "./Button.tsx";
import { Card } from "./Card.tsx";
import type { Entry } from "./EntryRow.tsx";
import { TextField } from "./TextField.tsx";

interface EntryFormProps {
  entry: Entry;
  onSave: (entry: Entry) => void;
  onCancel: () => void;
}

export function EntryForm({ entry, onSave, onCancel }: EntryFormProps) {
  const [name, setName] = useState(entry.name);
  const [details, setDetails] = useState(entry.details);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === "") return;
    onSave({ ...entry, name: name.trim(), details: details.trim() });
  };
  const cancelByKey = (event: KeyboardEvent) => {
    if (event.key === "Escape") onCancel();
  };

  return (
    <Card label="Entry" className="p-5">
      <form onSubmit={submit} className="space-y-3">
        <TextField
          ref={focusOnMount}
          value={name}
          onChange={(event) => setName(event.target.value)}
          onKeyDown={cancelByKey}
          aria-label="Name"
          placeholder="Name"
          className="w-full text-lg"
        />
        <textarea
          value={details}
          onChange={(event) => setDetails(event.target.value)}
          onKeyDown={cancelByKey}
          aria-label="Details"
          placeholder="Details"
          rows={4}
          className="w-full rounded-xl border border-slate-300 bg-slate-50 px-4 py-2 placeholder:text-slate-500 dark:border-slate-700 dark:bg-slate-800 dark:placeholder:text-slate-400"
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onCancel}>Cancel</Button>
          <Button type="submit" look="primary" disabled={name.trim() === ""}>
            Save
          </Button>
        </div>
      </form>
    </Card>
  );
}
