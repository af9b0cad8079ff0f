import { useState, type KeyboardEvent } from "react";
import { focusOnMount } from "../lib/focusOnMount.ts";
import { Button } from "./Button.tsx";
import { TextField } from "./TextField.tsx";

export interface Task {
  id: number;
  text: string;
  /** Index of the column, from the left. */
  column: number;
}

interface TaskCardProps {
  task: Task;
  /** True when it has just come from another column and takes the focus. */
  isMoved: boolean;
  isFirst: boolean;
  isLast: boolean;
  onMove: (id: number, by: -1 | 1) => void;
  onRename: (id: number, text: string) => void;
  onRemove: (id: number) => void;
}

export function TaskCard({ task, isMoved, isFirst, isLast, onMove, onRename, onRemove }: TaskCardProps) {
  const [draft, setDraft] = useState<string | null>(null);

  const save = () => {
    if (draft?.trim()) onRename(task.id, draft.trim());
    setDraft(null);
  };

  const moveByKey = (event: KeyboardEvent) => {
    if (event.key === "ArrowLeft") onMove(task.id, -1);
    if (event.key === "ArrowRight") onMove(task.id, 1);
  };

  return (
    <li>
      <div
        draggable={draft === null}
        onDragStart={(event) => event.dataTransfer.setData("text/plain", String(task.id))}
        className="group flex cursor-grab items-center gap-1 rounded-xl border border-slate-200 bg-slate-50 p-2 pl-3 active:cursor-grabbing dark:border-slate-700 dark:bg-slate-800"
      >
        {draft === null ? (
          <button
            ref={isMoved ? focusOnMount : undefined}
            type="button"
            onClick={() => setDraft(task.text)}
            onKeyDown={moveByKey}
            title="Click to edit"
            className="min-w-0 flex-1 cursor-text text-left break-words"
          >
            {task.text}
          </button>
        ) : (
          <TextField
            ref={focusOnMount}
            value={draft}
            aria-label={`Edit ${task.text}`}
            onChange={(event) => setDraft(event.target.value)}
            onBlur={save}
            onKeyDown={(event) => {
              if (event.key === "Enter") save();
              if (event.key === "Escape") setDraft(null);
            }}
            className="flex-1"
          />
        )}
        <Button
          look="quiet"
          className="px-2!"
          disabled={isFirst}
          onClick={() => onMove(task.id, -1)}
          aria-label={`Move ${task.text} left`}
        >
          ←
        </Button>
        <Button
          look="quiet"
          className="px-2!"
          disabled={isLast}
          onClick={() => onMove(task.id, 1)}
          aria-label={`Move ${task.text} right`}
        >
          →
        </Button>
        <Button
          look="danger"
          className="px-2!"
          onClick={() => onRemove(task.id)}
          aria-label={`Delete ${task.text}`}
        >
          ✕
        </Button>
      </div>
    </li>
  );
}
