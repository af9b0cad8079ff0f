import type { Generation } from "@leo/core/generation.ts";
import { Button } from "../../../components/ui/button.tsx";
import { useAction } from "../../../lib/use-action.ts";
import { cancelGenerationMutation } from "../api.ts";

interface CancelButtonProps {
  generation: Generation;
  disabled: boolean;
}

export const CancelButton = ({ generation, disabled }: CancelButtonProps) => {
  const { mutate, isPending } = useAction(cancelGenerationMutation(generation));
  return (
    <Button size="small" disabled={disabled || isPending} onClick={() => mutate()}>
      Cancel
    </Button>
  );
};
