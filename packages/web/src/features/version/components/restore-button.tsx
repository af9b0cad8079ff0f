import { RotateCcw } from "lucide-react";
import type { Generation } from "@leo/core/generation.ts";
import { Button } from "../../../components/ui/button.tsx";
import { useAction } from "../../../lib/use-action.ts";
import { useIdempotencyKey } from "../../../lib/use-idempotency-key.ts";
import { restoreVersionMutation } from "../api.ts";

interface RestoreButtonProps {
  generation: Generation;
  onRestored: () => void;
}

/** Makes an old version the newest again. */
export const RestoreButton = ({ generation, onRestored }: RestoreButtonProps) => {
  const { keyFor, done } = useIdempotencyKey();
  const { mutate, isPending } = useAction(restoreVersionMutation(generation.id));
  const restore = () =>
    mutate(keyFor(generation.id), {
      // Once the app has been read again, and the new version is there to be shown.
      onSuccess: () => {
        done();
        onRestored();
      },
    });
  return (
    <Button size="small" disabled={isPending} onClick={restore} title="Make a new version with these files">
      <RotateCcw className="size-3.5" aria-hidden="true" />
      Restore
    </Button>
  );
};
