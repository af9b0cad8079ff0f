import { CopyField } from "../../../components/copy-field.tsx";

/** The address of a new link, which is shown only once. */
export const NewLink = ({ url }: { url: string }) => (
  <div className="rounded-lg bg-sunken p-3">
    <p className="text-xs text-muted">Copy this link now. You won't see it again.</p>
    <div className="mt-1.5 flex items-center gap-2">
      <CopyField label="New link" value={url} />
    </div>
  </div>
);
