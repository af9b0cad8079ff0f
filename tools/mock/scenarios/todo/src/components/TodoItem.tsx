import { useState } from "react";
import { focusOnMount } from "../lib/focusOnMount.ts";

export interface Todo {
  id: string;
  text: string;
  done: boolean;
}

interface TodoItemProps {
  todo: Todo;
  onChange: (todo: Todo) => void;
  onRemove: (id: string) => void;
}

export function TodoItem({ todo, onChange, onRemove }: TodoItemProps) {
  const [draft, setDraft] = useState<string | null>(null);

  const save = () => {
    if (draft?.trim()) onChange({ ...todo, text: draft.trim() });
    setDraft(null);
  };

  return (
    <li className="group flex items-center gap-3 px-4 py-3">
      <input
        type="checkbox"
        checked={todo.done}
        onChange={() => onChange({ ...todo, done: !todo.done })}
        aria-label={`Done: ${todo.text}`}
        className="size-5 cursor-pointer accent-accent-600"
      />
      {draft === null ? (
        <button
          type="button"
          onDoubleClick={() => setDraft(todo.text)}
          onKeyDown={(event) => event.key === "F2" && setDraft(todo.text)}
          title="Double-click or press F2 to edit"
          className={`min-w-0 flex-1 text-left break-words ${todo.done ? "text-slate-400 line-through dark:text-slate-500" : ""}`}
        >
          {todo.text}
        </button>
      ) : (
        <input
          ref={focusOnMount}
          value={draft}
          aria-label={`Edit ${todo.text}`}
          onChange={(event) => setDraft(event.target.value)}
          onBlur={save}
          onKeyDown={(event) => {
            if (event.key === "Enter") save();
            if (event.key === "Escape") setDraft(null);
          }}
          className="min-w-0 flex-1 rounded-lg border border-slate-300 bg-white px-2 py-1 dark:border-slate-600 dark:bg-slate-800"
        />
      )}
      <button
        type="button"
        onClick={() => onRemove(todo.id)}
        aria-label={`Delete ${todo.text}`}
        className="cursor-pointer rounded-lg px-2 py-1 text-slate-400 opacity-60 transition group-hover:opacity-100 hover:bg-red-500/10 hover:text-red-600 focus-visible:opacity-100"
      >
        <span aria-hidden="true">✕</span>
      </button>
    </li>
  );
}
