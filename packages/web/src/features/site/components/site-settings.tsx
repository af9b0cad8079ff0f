import { useState, type FormEvent } from "react";
import type { Site } from "@leo/core/site.ts";
import { Button } from "../../../components/ui/button.tsx";
import { ConfirmDialog } from "../../../components/ui/confirm-dialog.tsx";
import { Switch } from "../../../components/ui/switch.tsx";
import { TextField } from "../../../components/ui/text-field.tsx";
import { addressParts } from "../address-parts.ts";
import type { SiteChanges } from "../use-site-changes.ts";
import { VisibilityChoice } from "./visibility-choice.tsx";

interface SettingsProps {
  site: Site;
  changes: SiteChanges;
}

const AddressForm = ({ site, changes }: SettingsProps) => {
  const [slug, setSlug] = useState(site.slug);
  const [isAsking, setIsAsking] = useState(false);
  const { before, after } = addressParts(site);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setIsAsking(true);
  };
  return (
    <form onSubmit={submit} className="flex items-end gap-2">
      <TextField
        className="min-w-0 flex-1"
        label="New address"
        value={slug}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setSlug(event.target.value)}
      />
      <Button type="submit" disabled={changes.isBusy || slug.trim().toLowerCase() === site.slug}>
        Change
      </Button>
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setIsAsking}
        title="Change the address?"
        confirmLabel="Change address"
        onConfirm={() => changes.change({ slug })}
      >
        {site.url} will redirect to {before}
        {slug.trim().toLowerCase()}
        {after} for 30 days. What visitors saved in their browsers stays with the old address.
      </ConfirmDialog>
    </form>
  );
};

const SearchEngines = ({ site, changes }: SettingsProps) => (
  <Switch
    label="Allow search engines"
    checked={!site.noindex}
    disabled={changes.isBusy}
    onChange={(checked) => changes.change({ noindex: !checked })}
    className="flex items-center justify-between gap-2 text-xs font-medium text-muted"
  />
);

const Unpublish = ({ site, changes }: SettingsProps) => {
  const [isAsking, setIsAsking] = useState(false);
  return (
    <>
      <Button size="small" variant="danger" disabled={changes.isBusy} onClick={() => setIsAsking(true)}>
        Unpublish
      </Button>
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setIsAsking}
        title="Unpublish the app?"
        confirmLabel="Unpublish"
        onConfirm={() => changes.unpublish()}
      >
        Visitors of {site.url} will see that the site is gone. The address stays yours, and you can publish
        again.
      </ConfirmDialog>
    </>
  );
};

const NewLink = ({ changes }: Pick<SettingsProps, "changes">) => {
  const [isAsking, setIsAsking] = useState(false);
  return (
    <>
      <Button size="small" disabled={changes.isBusy} onClick={() => setIsAsking(true)}>
        Replace link
      </Button>
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setIsAsking}
        title="Replace the link?"
        confirmLabel="Replace link"
        onConfirm={() => changes.change({ renewLink: true })}
      >
        The current link stops working, even for people who have already opened it.
      </ConfirmDialog>
    </>
  );
};

/** Who sees a site, under which address, and its end. */
export const SiteSettings = ({ site, changes }: SettingsProps) => (
  <section aria-label="Site settings" className="flex flex-col gap-3 border-t border-line pt-3">
    <VisibilityChoice value={site.visibility} onChange={(visibility) => changes.change({ visibility })} />
    {site.visibility === "public" && <SearchEngines site={site} changes={changes} />}
    <AddressForm key={site.slug} site={site} changes={changes} />
    <div className="flex flex-wrap justify-end gap-2">
      {site.visibility === "link" && <NewLink changes={changes} />}
      {site.state === "published" && <Unpublish site={site} changes={changes} />}
    </div>
  </section>
);
