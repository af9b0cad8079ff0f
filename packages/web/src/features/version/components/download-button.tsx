import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import type { Findings } from "@leo/core/publishing.ts";
import { SecretsDialog } from "../../../components/secrets-dialog.tsx";
import { IconButton } from "../../../components/ui/icon-button.tsx";
import { findingsOf } from "../../../lib/findings.ts";
import { errorMessage } from "../../../lib/errors.ts";
import { versionName } from "../numbered.ts";
import { downloadArchive } from "../api/download-archive.ts";

interface DownloadButtonProps {
  generationId: string;
  /** Undefined for a draft. */
  number: number | undefined;
}

export const DownloadButton = ({ generationId, number }: DownloadButtonProps) => {
  const name = versionName(number).toLowerCase();
  const [found, setFound] = useState<Findings>();
  const { mutate, isPending } = useMutation({
    mutationFn: (confirm?: string) => downloadArchive(generationId, `${name.replace(" ", "-")}.zip`, confirm),
    onError: (error) => {
      const findings = findingsOf(error);
      setFound(findings);
      if (!findings) toast.error(errorMessage(error));
    },
  });
  return (
    <>
      <IconButton label={`Download ${name}`} disabled={isPending} onClick={() => mutate(undefined)}>
        <Download className="size-4" aria-hidden="true" />
      </IconButton>
      <SecretsDialog
        found={found}
        onClose={() => setFound(undefined)}
        confirmLabel="Download anyway"
        onConfirm={(digest) => mutate(digest)}
      />
    </>
  );
};
