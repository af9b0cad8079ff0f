import { useState } from "react";
import { useStored } from "../lib/useStored.ts";
import { AddTodo } from "./AddTodo.tsx";
import { Card } from "./Card.tsx";
import { TodoItem, type Todo } from "./TodoItem.tsx";

const FILTERS = ["All", "Open", "Done"] as const;
type Filter = (typeof FILTERS)[number];

const EMPTY: Record<Filter, string> = {
  All: "Nothing to do yet. Write your first item above.",
  Open: "All done. Enjoy the quiet.",
  Done: "Nothing is done yet.",
};

export function TodoList() {
  const [todos, setTodos] = useStored<Todo[]>("todos", []);
  const [filter, setFilter] = useState<Filter>("All");

  const open = todos.filter((todo) => !todo.done).length;
  const shown = todos.filter((todo) => filter === "All" || todo.done === (filter === "Done"));

  const add = (text: string) => setTodos([...todos, { id: crypto.randomUUID(), text, done: false }]);
  const change = (changed: Todo) => setTodos(todos.map((todo) => (todo.id === changed.id ? changed : todo)));
  const remove = (id: string) => setTodos(todos.filter((todo) => todo.id !== id));

  return (
    <Card label="Todo list" className="overflow-hidden">
      <AddTodo onAdd={add} />
      <ul aria-label="Items" className="divide-y divide-slate-200 dark:divide-slate-800">
        {shown.map((todo) => (
          <TodoItem key={todo.id} todo={todo} onChange={change} onRemove={remove} />
        ))}
      </ul>
      {shown.length === 0 && (
        <p className="px-6 py-12 text-center text-slate-500 dark:text-slate-400">{EMPTY[filter]}</p>
      )}
      <footer className="flex flex-wrap items-center justify-between gap-3 border-t border-slate-200 px-4 py-3 text-sm text-slate-600 dark:border-slate-800 dark:text-slate-400">
        <span aria-live="polite">{open === 1 ? "1 item left" : `${open} items left`}</span>
        <fieldset aria-label="Filter" className="flex gap-1">
          {FILTERS.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={filter === name}
              onClick={() => setFilter(name)}
              className="cursor-pointer rounded-lg px-3 py-1 hover:bg-slate-500/10 aria-pressed:bg-accent-500/15 aria-pressed:font-medium aria-pressed:text-accent-600 dark:aria-pressed:text-accent-400"
            >
              {name}
            </button>
          ))}
        </fieldset>
        <button
          type="button"
          disabled={open === todos.length}
          onClick={() => setTodos(todos.filter((todo) => !todo.done))}
          className="cursor-pointer rounded-lg px-2 py-1 hover:text-accent-600 disabled:invisible dark:hover:text-accent-400"
        >
          Clear done
        </button>
      </footer>
    </Card>
  );
}
