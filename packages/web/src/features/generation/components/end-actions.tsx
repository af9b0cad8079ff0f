import { Pencil, RotateCcw, Undo2, Wrench } from "lucide-react";
import type { Generation } from "@leo/core/generation.ts";
import { Button } from "../../../components/ui/button.tsx";
import { useAction } from "../../../lib/use-action.ts";
import { useIdempotencyKey } from "../../../lib/use-idempotency-key.ts";
import { createGenerationMutation, retryGenerationMutation } from "../api.ts";
import { fixPrompt } from "../fix-prompt.ts";
import { useLive } from "../../live/use-live.ts";

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
  const fix = fixPrompt(generation, live);
  const create = useAction(createGenerationMutation(appId));
  const retry = useAction(retryGenerationMutation(generation));
  const isPending = create.isPending || retry.isPending;
  const fixIt = (prompt: string) => {
    const base = generation.hasDraft ? { baseGenerationId: id } : {};
    create.mutate({ body: { prompt, mode: generation.mode, ...base }, idempotencyKey: keyFor(`fix ${id}`) });
  };
  /** The same request again: it continues from what the run left, or starts over where the run began. */
  const tryAgain = (startOver: boolean) =>
    retry.mutate({ startOver, idempotencyKey: keyFor(`retry ${startOver} ${id}`) });
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
        <Button variant="primary" size="small" disabled={isPending} onClick={() => fixIt(fix)}>
          <Wrench className="size-3.5" aria-hidden="true" />
          Fix this
        </Button>
      )}
      <Button size="small" disabled={isPending} onClick={() => tryAgain(false)}>
        <RotateCcw className="size-3.5" aria-hidden="true" />
        Try again
      </Button>
      {generation.hasDraft && (
        <Button size="small" variant="ghost" disabled={isPending} onClick={() => tryAgain(true)}>
          <Undo2 className="size-3.5" aria-hidden="true" />
          Start over
        </Button>
      )}
    </>
  );
};
