import { useMutation, useQueryClient } from "@tanstack/react-query";
import { RotateCcw, Wrench } from "lucide-react";
import { toast } from "sonner";
import type { Generation } from "@leo/core/generation.ts";
import { Button } from "../../../components/ui/button.tsx";
import { errorMessage } from "../../../lib/errors.ts";
import { useIdempotencyKey } from "../../../lib/use-idempotency-key.ts";
import { createGeneration } from "../api/create-generation.ts";
import { retryGeneration } from "../api/retry-generation.ts";
import { fixPrompt } from "../fix-prompt.ts";
import { useLive } from "../use-live.ts";

/** What can be done about a run that ended without a version. */
export const EndActions = ({ generation }: { generation: Generation }) => {
  const { live } = useLive(generation.id);
  const { id, appId } = generation;
  const { keyFor } = useIdempotencyKey();
  const queryClient = useQueryClient();
  const fix = fixPrompt(generation, live);
  const { mutate, isPending } = useMutation({
    mutationFn: (prompt: string | undefined) =>
      prompt === undefined
        ? retryGeneration(id, keyFor(`retry ${id}`))
        : createGeneration(appId, { prompt, mode: generation.mode }, keyFor(`fix ${id}`)),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["apps", appId] }),
    onError: (error) => toast.error(errorMessage(error)),
  });
  return (
    <>
      {fix !== undefined && (
        <Button variant="primary" size="small" disabled={isPending} onClick={() => mutate(fix)}>
          <Wrench className="size-3.5" aria-hidden="true" />
          Fix this
        </Button>
      )}
      <Button size="small" disabled={isPending} onClick={() => mutate(undefined)}>
        <RotateCcw className="size-3.5" aria-hidden="true" />
        Try again
      </Button>
    </>
  );
};
