import { useState, type FormEvent } from "react";
import { focusOnMount } from "../lib/focusOnMount.ts";
import { Button } from "./Button.tsx";
import { TextField } from "./TextField.tsx";

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
      <TextField
        ref={focusOnMount}
        value={text}
        onChange={(event) => setText(event.target.value)}
        aria-label="New item"
        placeholder="What needs doing?"
        className="flex-1"
      />
      <Button type="submit" look="primary">
        Add
      </Button>
    </form>
  );
}
