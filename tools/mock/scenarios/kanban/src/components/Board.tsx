import { useState } from "react";
import { useStored } from "../lib/useStored.ts";
import { Column } from "./Column.tsx";
import type { Task } from "./TaskCard.tsx";

const COLUMNS = ["To do", "In progress", "Done"];

export function Board() {
  const [tasks, setTasks] = useStored<Task[]>("tasks", []);
  const [movedId, setMovedId] = useState<number | null>(null);

  const add = (column: number, text: string) => setTasks([...tasks, { id: Date.now(), text, column }]);
  const remove = (id: number) => setTasks(tasks.filter((task) => task.id !== id));
  const rename = (id: number, text: string) =>
    setTasks(tasks.map((task) => (task.id === id ? { ...task, text } : task)));

  /** Puts a task at the end of a column. */
  const move = (id: number, column: number) => {
    const moved = tasks.find((task) => task.id === id);
    if (!moved || column < 0 || column >= COLUMNS.length) return;
    setTasks([...tasks.filter((task) => task.id !== id), { ...moved, column }]);
    setMovedId(id);
  };

  const shown = tasks;

  return (
    <>
      <div className="grid items-start gap-4 md:grid-cols-3">
        {COLUMNS.map((name, column) => (
          <Column
            key={name}
            name={name}
            tasks={shown.filter((task) => task.column === column)}
            movedId={movedId}
            isFirst={column === 0}
            isLast={column === COLUMNS.length - 1}
            onAdd={(text) => add(column, text)}
            onDrop={(id) => move(id, column)}
            onMove={(id, by) => move(id, column + by)}
            onRename={rename}
            onRemove={remove}
          />
        ))}
      </div>
      <p className="text-sm text-slate-500 dark:text-slate-400">
        Drag a card to another column, or focus it and press the left or right arrow key.
      </p>
    </>
  );
}
