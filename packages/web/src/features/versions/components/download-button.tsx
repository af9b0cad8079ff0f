import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import type { Findings } from "@leo/core/publishing.ts";
import { SecretsDialog } from "../../../components/secrets-dialog.tsx";
import { IconButton } from "../../../components/ui/icon-button.tsx";
import { findingsOf } from "../../../lib/findings.ts";
import { errorMessage } from "../../../lib/errors.ts";
import { downloadArchive } from "../api/download-archive.ts";

export const DownloadButton = ({ generationId, number }: { generationId: string; number: number }) => {
  const [found, setFound] = useState<Findings>();
  const { mutate, isPending } = useMutation({
    mutationFn: (confirm?: string) => downloadArchive(generationId, `version-${number}.zip`, confirm),
    onError: (error) => {
      const findings = findingsOf(error);
      setFound(findings);
      if (!findings) toast.error(errorMessage(error));
    },
  });
  return (
    <>
      <IconButton label={`Download version ${number}`} disabled={isPending} onClick={() => mutate(undefined)}>
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
