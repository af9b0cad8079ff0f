import { useState, type FormEvent } from "react";
import { focusOnMount } from "../lib/focusOnMount";

interface AddTodoProps {
  onAdd: (text: string) => void;
}

export function AddTodo({ onAdd }: AddTodoProps) {
  const [text, setText] = useState("");

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === "") return;
    onAdd(text.trim());
    setText("");
  };

  return (
    <form onSubmit={submit} className="flex gap-2 border-b border-slate-200 p-4 dark:border-slate-800">
      <input
        ref={focusOnMount}
        value={text}
        onChange={(event) => setText(event.target.value)}
        aria-label="New item"
        placeholder="What needs doing?"
        className="min-w-0 flex-1 rounded-xl border border-slate-300 bg-slate-50 px-4 py-2.5 placeholder:text-slate-500 dark:border-slate-700 dark:bg-slate-800 dark:placeholder:text-slate-400"
      />
      <button
        type="submit"
        className="cursor-pointer rounded-xl bg-accent-600 px-5 py-2.5 font-medium text-white transition hover:bg-accent-500"
      >
        Add
      </button>
    </form>
  );
}
