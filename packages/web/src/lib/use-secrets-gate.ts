import { useMutation, type UseMutationOptions } from "@tanstack/react-query";
import { useState } from "react";
import type { Findings } from "@leo/core/github.ts";
import { HttpError } from "./errors.ts";

const findingsOf = (error: unknown): Findings | undefined =>
  error instanceof HttpError && error.code === "secrets_found" ? (error.details as Findings) : undefined;

/**
 * A mutation that secrets hold back until the person has seen where they are.
 * @returns the mutation, without the error that the dialog shows; `dialog` for `SecretsDialog`; and `show`, which
 * opens it with what was found earlier
 */
export const useSecretsGate = <Data, Input extends { confirm?: string | undefined }>(
  options: UseMutationOptions<Data, Error, Input>,
) => {
  const [held, setHeld] = useState<{ findings: Findings; input: Input }>();
  const { error, mutate, ...mutation } = useMutation({
    ...options,
    onError: (failure, input, ...rest) => {
      const findings = findingsOf(failure);
      setHeld(findings && { findings, input });
      return findings ? undefined : options.onError?.(failure, input, ...rest);
    },
  });
  return {
    ...mutation,
    mutate,
    error: findingsOf(error) ? null : error,
    show: (findings: Findings, input: Input) => setHeld({ findings, input }),
    dialog: {
      found: held?.findings,
      onClose: () => setHeld(undefined),
      onConfirm: (confirm: string) => held && mutate({ ...held.input, confirm }),
    },
  };
};
