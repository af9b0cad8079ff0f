import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { Button } from "../../../components/ui/button.tsx";
import { errorMessage } from "../../../lib/errors.ts";
import { cancelGeneration } from "../api/cancel-generation.ts";

interface CancelButtonProps {
  generationId: string;
  appId: string;
  disabled: boolean;
}

export const CancelButton = ({ generationId, appId, disabled }: CancelButtonProps) => {
  const queryClient = useQueryClient();
  const { mutate, isPending } = useMutation({
    mutationFn: () => cancelGeneration(generationId),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["apps", appId] }),
    onError: (error) => toast.error(errorMessage(error)),
  });
  return (
    <Button size="small" disabled={disabled || isPending} onClick={() => mutate()}>
      Cancel
    </Button>
  );
};
