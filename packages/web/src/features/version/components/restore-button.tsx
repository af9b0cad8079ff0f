import { useMutation, useQueryClient } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { toast } from "sonner";
import type { Generation } from "@leo/core/generation.ts";
import { Button } from "../../../components/ui/button.tsx";
import { errorMessage } from "../../../lib/errors.ts";
import { useIdempotencyKey } from "../../../lib/use-idempotency-key.ts";
import { restoreVersion } from "../api/restore-version.ts";

interface RestoreButtonProps {
  generation: Generation;
  onRestored: () => void;
}

/** Makes an old version the newest again. */
export const RestoreButton = ({ generation, onRestored }: RestoreButtonProps) => {
  const queryClient = useQueryClient();
  const { keyFor, done } = useIdempotencyKey();
  const { mutate, isPending } = useMutation({
    mutationFn: () => restoreVersion(generation.id, keyFor(generation.id)),
    onSuccess: async () => {
      done();
      await queryClient.invalidateQueries({ queryKey: ["apps"] });
      onRestored();
    },
    onError: (error) => toast.error(errorMessage(error)),
  });
  return (
    <Button
      size="small"
      disabled={isPending}
      onClick={() => mutate()}
      title="Make a new version with these files"
    >
      <RotateCcw className="size-3.5" aria-hidden="true" />
      Restore
    </Button>
  );
};
