import type { Findings } from "@leo/core/github.ts";
import { ConfirmDialog } from "./ui/confirm-dialog.tsx";

interface SecretsDialogProps {
  /** Undefined while there is nothing to show. */
  found: Findings | undefined;
  onClose: () => void;
  /** What is done all the same, such as "Push anyway". */
  confirmLabel: string;
  /** @param digest names exactly the secrets that were shown */
  onConfirm: (digest: string) => void;
}

/** Names the places of a version that look like secrets, never the secrets, and asks whether to go on. */
export const SecretsDialog = ({ found, onClose, confirmLabel, onConfirm }: SecretsDialogProps) => (
  <ConfirmDialog
    open={found !== undefined}
    onOpenChange={(open) => !open && onClose()}
    title="This version may contain secrets"
    confirmLabel={confirmLabel}
    cancelLabel="Cancel"
    onConfirm={() => found && onConfirm(found.digest)}
  >
    <span className="block">Anyone who gets the files can use them. You can ask Leo to remove them.</span>
    <span role="list" aria-label="Findings" className="mt-3 block max-h-48 overflow-y-auto">
      {found?.findings.map(({ path, line, kind, inBundle }) => (
        <span role="listitem" key={`${path}:${line}:${kind}`} className="block py-0.5 text-xs break-all">
          <span className="font-mono text-ink">{`${path}:${line}`}</span> {kind}
          {inBundle && ", sent to every visitor"}
        </span>
      ))}
    </span>
    {found && found.count > found.findings.length && (
      <span className="mt-1 block text-xs">and {found.count - found.findings.length} more</span>
    )}
  </ConfirmDialog>
);
