import { useState } from "react";
import { Button } from "../../../components/ui/button.tsx";
import { TextField } from "../../../components/ui/text-field.tsx";

interface ReasonFormProps {
  /** Names who reads the reason. */
  label: string;
  /** What the button does. */
  action: string;
  isPending: boolean;
  onSubmit: (reason: string) => void;
}

/** Asks for the reason of something that somebody else will read. */
export const ReasonForm = ({ label, action, isPending, onSubmit }: ReasonFormProps) => {
  const [reason, setReason] = useState("");
  return (
    <form
      className="mt-3 flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(reason);
      }}
    >
      <TextField
        label={label}
        required
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        className="min-w-0 flex-1"
      />
      <Button type="submit" variant="danger" disabled={isPending}>
        {action}
      </Button>
    </form>
  );
};

interface ReasonNoteProps {
  /** What was done and why. */
  children: string;
  undo: string;
  isPending: boolean;
  onUndo: () => void;
}

/** Says what was done for which reason, and undoes it. */
export const ReasonNote = ({ children, undo, isPending, onUndo }: ReasonNoteProps) => (
  <div className="mt-3 flex flex-wrap items-center gap-3 text-sm">
    <p className="min-w-0 flex-1 text-muted">{children}</p>
    <Button size="small" disabled={isPending} onClick={() => onUndo()}>
      {undo}
    </Button>
  </div>
);
