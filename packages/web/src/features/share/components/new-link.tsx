import { Copy } from "lucide-react";
import { toast } from "sonner";
import { Button } from "../../../components/ui/button.tsx";
import { inputClass } from "../../../components/ui/text-field.tsx";

const copy = async (url: string) => {
  try {
    await navigator.clipboard.writeText(url);
    toast.success("The link is copied.");
  } catch {
    // The browser asks the user, who may say no: the address can still be copied by hand.
    toast.error("The browser did not allow it. Copy the address from the field.");
  }
};

/** The address of a link, which is told once. */
export const NewLink = ({ url }: { url: string }) => {
  return (
    <div className="rounded-lg bg-sunken p-3">
      <p className="text-xs text-muted">The address is shown only now. Copy it before you close this.</p>
      <div className="mt-1.5 flex items-center gap-2">
        <input
          aria-label="Address of the new link"
          readOnly
          value={url}
          onFocus={(event) => event.currentTarget.select()}
          className={`${inputClass} font-mono text-xs`}
        />
        <Button onClick={() => void copy(url)}>
          <Copy className="size-3.5" aria-hidden="true" />
          Copy
        </Button>
      </div>
    </div>
  );
};
