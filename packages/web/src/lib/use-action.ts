import { useMutation, type UseMutationOptions } from "@tanstack/react-query";
import { toast } from "sonner";
import { errorMessage } from "./errors.ts";

/** Says what went wrong where the page has no place of its own for it. */
export const toastError = (error: unknown): void => void toast.error(errorMessage(error));

/**
 * A mutation behind a button: a failure shows as a toast.
 * @param done what a toast says once it has succeeded
 */
export const useAction = <Data, Input, Before>(
  options: UseMutationOptions<Data, Error, Input, Before>,
  done?: string,
) =>
  useMutation({
    ...options,
    onError: toastError,
    onSuccess: (...result) => {
      if (done !== undefined) toast.success(done);
      return options.onSuccess?.(...result);
    },
  });
