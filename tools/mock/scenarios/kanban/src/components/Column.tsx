import { useState, type DragEvent, type FormEvent } from "react";
import { Button } from "./Button.tsx";
import { Card } from "./Card.tsx";
import { TaskCard, type Task } from "./TaskCard.tsx";
import { TextField } from "./TextField.tsx";

interface ColumnProps {
  name: string;
  tasks: Task[];
  /** The card that moved last: it keeps the focus in its new column. */
  movedId: number | null;
  isFirst: boolean;
  isLast: boolean;
  onAdd: (text: string) => void;
  onDrop: (id: number) => void;
  onMove: (id: number, by: -1 | 1) => void;
  onRename: (id: number, text: string) => void;
  onRemove: (id: number) => void;
}

export function Column(props: ColumnProps) {
  const { name, tasks, movedId, isFirst, isLast, onAdd, onDrop, onMove, onRename, onRemove } = props;
  const [draft, setDraft] = useState("");
  const [isTarget, setIsTarget] = useState(false);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (draft.trim() === "") return;
    onAdd(draft.trim());
    setDraft("");
  };

  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsTarget(false);
    onDrop(Number(event.dataTransfer.getData("text/plain")));
  };

  return (
    <Card label={name} className={`p-4 transition ${isTarget ? "ring-2 ring-accent-500" : ""}`}>
      <div
        onDragOver={(event) => {
          event.preventDefault();
          setIsTarget(true);
        }}
        onDragLeave={() => setIsTarget(false)}
        onDrop={drop}
      >
        <h2 className="mb-3 flex items-center justify-between font-semibold">
          {name}
          <span className="rounded-full bg-slate-500/15 px-2.5 py-0.5 text-sm font-normal">
            {tasks.length}
          </span>
        </h2>
        <ul className="min-h-24 space-y-2" aria-label={`Cards in ${name}`}>
          {tasks.map((task) => (
            <TaskCard
              key={task.id}
              task={task}
              isMoved={task.id === movedId}
              isFirst={isFirst}
              isLast={isLast}
              onMove={onMove}
              onRename={onRename}
              onRemove={onRemove}
            />
          ))}
          {tasks.length === 0 && (
            <li className="rounded-xl border border-dashed border-slate-300 px-3 py-6 text-center text-sm text-slate-500 dark:border-slate-700 dark:text-slate-400">
              No cards
            </li>
          )}
        </ul>
        <form onSubmit={submit} className="mt-3 flex gap-2">
          <TextField
            value={draft}
            onChange={(event) => setDraft(event.target.value)}
            aria-label={`New card in ${name}`}
            placeholder="Add a card"
            className="w-full text-sm"
          />
          <Button type="submit" look="primary" aria-label={`Add card to ${name}`}>
            +
          </Button>
        </form>
      </div>
    </Card>
  );
}
