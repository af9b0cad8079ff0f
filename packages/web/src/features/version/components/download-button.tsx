import { Download } from "lucide-react";
import { SecretsDialog } from "../../../components/secrets-dialog.tsx";
import { IconButton } from "../../../components/ui/icon-button.tsx";
import { toastError } from "../../../lib/use-action.ts";
import { useSecretsGate } from "../../../lib/use-secrets-gate.ts";
import { downloadMutation } from "../api.ts";
import { versionName } from "../numbered.ts";

interface DownloadButtonProps {
  generationId: string;
  /** Undefined for a draft. */
  number: number | undefined;
}

export const DownloadButton = ({ generationId, number }: DownloadButtonProps) => {
  const name = versionName(number).toLowerCase();
  const { mutate, isPending, dialog } = useSecretsGate({
    ...downloadMutation(generationId, `${name.replace(" ", "-")}.zip`),
    onError: toastError,
  });
  return (
    <>
      <IconButton label={`Download ${name}`} disabled={isPending} onClick={() => mutate({})}>
        <Download className="size-4" aria-hidden="true" />
      </IconButton>
      <SecretsDialog {...dialog} confirmLabel="Download anyway" />
    </>
  );
};
