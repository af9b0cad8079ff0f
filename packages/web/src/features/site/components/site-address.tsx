import { Copy, ExternalLink } from "lucide-react";
import { useRef } from "react";
import { toast } from "sonner";
import type { Site } from "@leo/core/site.ts";
import { Button, buttonClass } from "../../../components/ui/button.tsx";
import { inputClass } from "../../../components/ui/text-field.tsx";
import { copyText } from "../../../lib/clipboard.ts";

/** The address that visitors open. */
export const SiteAddress = ({ site }: { site: Site }) => {
  const field = useRef<HTMLInputElement>(null);
  const address = site.link ?? site.url;
  const copy = async () => {
    if (await copyText(address)) return toast.success("The address is copied.");
    field.current?.focus();
    return toast.error(
      "This browser doesn't let Leo copy. The address is selected: press Ctrl+C, or ⌘C on a Mac.",
    );
  };
  return (
    <div className="flex items-center gap-2">
      <input
        ref={field}
        aria-label="Address of the site"
        readOnly
        value={address}
        onFocus={(event) => event.currentTarget.select()}
        className={`${inputClass} min-w-0 font-mono text-xs`}
      />
      <Button onClick={() => void copy()} aria-label="Copy the address">
        <Copy className="size-3.5" aria-hidden="true" />
        Copy
      </Button>
      <a href={address} target="_blank" rel="noreferrer" className={buttonClass()}>
        <ExternalLink className="size-3.5" aria-hidden="true" />
        Open
      </a>
    </div>
  );
};
