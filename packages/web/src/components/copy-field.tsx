import { Copy } from "lucide-react";
import { useRef } from "react";
import { toast } from "sonner";
import { copyText } from "../lib/clipboard.ts";
import { Button } from "./ui/button.tsx";
import { inputClass } from "./ui/text-field.tsx";

interface CopyFieldProps {
  /** What it is, such as "Site address". */
  label: string;
  value: string;
}

/** Text to copy, and a button that does it; where the browser does not allow that, the text is selected. */
export const CopyField = ({ label, value }: CopyFieldProps) => {
  const field = useRef<HTMLInputElement>(null);
  const copy = async () => {
    if (await copyText(value)) return toast.success(`${label} copied`);
    field.current?.focus();
    return toast.error(
      "This browser doesn't let Leo copy. Press Ctrl+C (⌘C on a Mac) to copy the selected text.",
    );
  };
  return (
    <>
      <input
        ref={field}
        aria-label={label}
        readOnly
        value={value}
        onFocus={(event) => event.currentTarget.select()}
        className={`${inputClass} min-w-0 font-mono text-xs`}
      />
      <Button onClick={() => void copy()} aria-label={`Copy ${label.toLowerCase()}`}>
        <Copy className="size-3.5" aria-hidden="true" />
        Copy
      </Button>
    </>
  );
};
