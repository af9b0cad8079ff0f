import { Copy } from "lucide-react";
import { useRef } from "react";
import { toast } from "sonner";
import { Button } from "../../../components/ui/button.tsx";
import { inputClass } from "../../../components/ui/text-field.tsx";
import { copyText } from "../../../lib/clipboard.ts";

/** The address of a new link, which is shown only once. */
export const NewLink = ({ url }: { url: string }) => {
  const field = useRef<HTMLInputElement>(null);
  const copy = async () => {
    if (await copyText(url)) return toast.success("Link copied");
    field.current?.focus();
    return toast.error(
      "This browser doesn't let Leo copy. The link is selected: press Ctrl+C, or ⌘C on a Mac.",
    );
  };
  return (
    <div className="rounded-lg bg-sunken p-3">
      <p className="text-xs text-muted">Copy this link now. You won't see it again.</p>
      <div className="mt-1.5 flex items-center gap-2">
        <input
          ref={field}
          aria-label="New link"
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
