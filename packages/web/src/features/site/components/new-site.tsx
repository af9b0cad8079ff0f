import { useId, useState, type FormEvent } from "react";
import type { Site, SiteVisibility } from "@leo/core/site.ts";
import { Button } from "../../../components/ui/button.tsx";
import { TextField } from "../../../components/ui/text-field.tsx";
import { versionName, type NumberedGeneration } from "../../version/numbered.ts";
import { addressParts } from "../address-parts.ts";
import type { SiteChanges } from "../use-site-changes.ts";
import { VisibilityChoice } from "./visibility-choice.tsx";

interface NewSiteProps {
  site: Site;
  versions: readonly NumberedGeneration[];
  changes: SiteChanges;
}

/** The first publishing: the address and who sees it, before anybody does. */
export const NewSite = ({ site, versions, changes }: NewSiteProps) => {
  const [slug, setSlug] = useState(site.slug);
  const [visibility, setVisibility] = useState<SiteVisibility>("public");
  const hintId = useId();
  const newest = versions.findLast(({ number }) => number !== undefined);
  if (!newest) return <p className="text-[13px] text-muted">There's no version to publish yet.</p>;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // An address that is only proposed may be taken by now: then the server finds another.
    const chosen = slug.trim() === site.slug ? {} : { slug };
    changes.publish({ generationId: newest.generation.id, visibility, ...chosen });
  };
  const { before, after } = addressParts(site);
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label="Address"
        value={slug}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setSlug(event.target.value)}
        hint={`${before}${slug.trim().toLowerCase()}${after}`}
      />
      <VisibilityChoice value={visibility} onChange={setVisibility} />
      <p id={hintId} className="text-xs text-muted">
        Search engines are asked not to list it until you allow it.
      </p>
      <Button type="submit" variant="primary" aria-describedby={hintId} disabled={changes.isBusy}>
        {changes.isPublishing ? "Publishing…" : `Publish ${versionName(newest.number).toLowerCase()}`}
      </Button>
    </form>
  );
};
