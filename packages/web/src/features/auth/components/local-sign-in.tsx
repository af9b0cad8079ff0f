import { useMutation } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import { Button } from "../../../components/ui/button.tsx";
import { FormError } from "../../../components/ui/form-error.tsx";
import { useConfig } from "../../../lib/config.ts";
import { localSignInMutation } from "../api.ts";

export const LocalSignIn = () => {
  const { mutate, isPending, error } = useMutation(localSignInMutation(useConfig()));
  return (
    <div className="flex flex-col gap-2">
      <Button variant="primary" className="w-full" disabled={isPending} onClick={() => mutate()}>
        Continue on this computer
        <ArrowRight className="size-4" aria-hidden="true" />
      </Button>
      <FormError error={error} />
      <p className="text-xs text-faint">Leo runs only on this computer, so you don't need an account.</p>
    </div>
  );
};
