import { Copy } from "lucide-react";
import { useRef } from "react";
import { toast } from "sonner";
import { Button } from "../../../components/ui/button.tsx";
import { inputClass } from "../../../components/ui/text-field.tsx";
import { copyText } from "../../../lib/clipboard.ts";

/** The address of a link, which is told once. */
export const NewLink = ({ url }: { url: string }) => {
  const field = useRef<HTMLInputElement>(null);
  const copy = async () => {
    if (await copyText(url)) return toast.success("The link is copied.");
    field.current?.focus();
    return toast.error(
      "This browser doesn't let Leo copy. The link is selected: press Ctrl+C, or ⌘C on a Mac.",
    );
  };
  return (
    <div className="rounded-lg bg-sunken p-3">
      <p className="text-xs text-muted">The address is shown only now. Copy it before you close this.</p>
      <div className="mt-1.5 flex items-center gap-2">
        <input
          ref={field}
          aria-label="Address of the new link"
          readOnly
          value={url}
          onFocus={(event) => event.currentTarget.select()}
          className={`${inputClass} font-mono text-xs`}
        />
        <Button onClick={() => void copy()}>
          <Copy className="size-3.5" aria-hidden="true" />
          Copy
        </Button>
      </div>
    </div>
  );
};
