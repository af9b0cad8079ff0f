import { ExternalLink } from "lucide-react";
import type { Site } from "@leo/core/site.ts";
import { CopyField } from "../../../components/copy-field.tsx";
import { buttonClass } from "../../../components/ui/button.tsx";

/** The address that visitors open. */
export const SiteAddress = ({ site }: { site: Site }) => {
  const address = site.link ?? site.url;
  return (
    <div className="flex items-center gap-2">
      <CopyField label="Site address" value={address} />
      <a href={address} target="_blank" rel="noreferrer" className={buttonClass()}>
        <ExternalLink className="size-3.5" aria-hidden="true" />
        Open
      </a>
    </div>
  );
};
