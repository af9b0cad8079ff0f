import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { errorMessage } from "../../lib/errors.ts";
import { refreshAdmin } from "./api/admin.ts";

/** A change by the operator: the page is read again after it, a refusal is told. */
export const useChange = <Input = void>(make: (input: Input) => Promise<unknown>, done: string) => {
  const client = useQueryClient();
  return useMutation({
    mutationFn: make,
    onSuccess: async () => {
      toast.success(done);
      await refreshAdmin(client);
    },
    onError: (error) => toast.error(errorMessage(error)),
  });
};
