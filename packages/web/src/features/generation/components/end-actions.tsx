import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pencil, RotateCcw, Undo2, Wrench } from "lucide-react";
import { toast } from "sonner";
import type { Generation } from "@leo/core/generation.ts";
import { Button } from "../../../components/ui/button.tsx";
import { errorMessage } from "../../../lib/errors.ts";
import { useIdempotencyKey } from "../../../lib/use-idempotency-key.ts";
import { createGeneration } from "../api/create-generation.ts";
import { retryGeneration } from "../api/retry-generation.ts";
import { fixPrompt } from "../fix-prompt.ts";
import { useLive } from "../../live/use-live.ts";

/** Continue with the failure as the request, continue with the same request, or begin where the run began. */
type Action = "fix" | "try-again" | "start-over";

/** What can be done about a run that ended without a version. */
export const EndActions = ({
  generation,
  onEditRequest,
}: {
  generation: Generation;
  onEditRequest: ((request: string) => void) | undefined;
}) => {
  const { live } = useLive(generation.id);
  const { id, appId } = generation;
  const { keyFor } = useIdempotencyKey();
  const queryClient = useQueryClient();
  const fix = fixPrompt(generation, live);
  const { mutate, isPending } = useMutation({
    mutationFn: (action: Action) => {
      const key = keyFor(`${action} ${id}`);
      if (action !== "fix") return retryGeneration(id, action === "start-over", key);
      const base = generation.hasDraft ? { baseGenerationId: id } : {};
      return createGeneration(appId, { prompt: fix ?? "", mode: generation.mode, ...base }, key);
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["apps", appId] }),
    onError: (error) => toast.error(errorMessage(error)),
  });
  // The same words again would be declined again.
  const isDeclined = (live.failure ?? generation.failure)?.code === "declined";
  return (
    <>
      {isDeclined && (
        <Button variant="primary" size="small" onClick={() => onEditRequest?.(generation.prompt)}>
          <Pencil className="size-3.5" aria-hidden="true" />
          Edit the request
        </Button>
      )}
      {fix !== undefined && (
        <Button variant="primary" size="small" disabled={isPending} onClick={() => mutate("fix")}>
          <Wrench className="size-3.5" aria-hidden="true" />
          Fix this
        </Button>
      )}
      <Button size="small" disabled={isPending} onClick={() => mutate("try-again")}>
        <RotateCcw className="size-3.5" aria-hidden="true" />
        Try again
      </Button>
      {generation.hasDraft && (
        <Button size="small" variant="ghost" disabled={isPending} onClick={() => mutate("start-over")}>
          <Undo2 className="size-3.5" aria-hidden="true" />
          Start over
        </Button>
      )}
    </>
  );
};
