import { useId, useState, type ReactNode } from "react";
import { Button } from "../../../components/ui/button.tsx";

interface FoldProps {
  /** Whose row it is, for the button's name. */
  name: string;
  /** The line that is always there. */
  summary: ReactNode;
  /** What can be changed. */
  children: ReactNode;
}

/** A row that opens to show what can be changed. */
export const Fold = ({ name, summary, children }: FoldProps) => {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <li className="border-t border-line py-2.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
        {summary}
        <Button
          size="small"
          aria-expanded={open}
          aria-controls={id}
          aria-label={`Change ${name}`}
          onClick={() => setOpen(!open)}
        >
          Change
        </Button>
      </div>
      <div id={id} hidden={!open}>
        {children}
      </div>
    </li>
  );
};
