import { useMutation } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import { Button } from "../../../components/ui/button.tsx";
import { FormError } from "../../../components/ui/form-error.tsx";
import { errorMessage } from "../../../lib/errors.ts";
import { signIn } from "../api/sign-in.ts";

/** The user that the local auth endpoint always has; its password guards nothing but this machine. */
const LOCAL_USER = { email: "dev@leo.local", password: "leo-local" };

export const LocalSignIn = () => {
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => signIn(LOCAL_USER.email, LOCAL_USER.password),
  });
  return (
    <div className="flex flex-col gap-2">
      <Button variant="primary" className="w-full" disabled={isPending} onClick={() => mutate()}>
        Continue as the local user
        <ArrowRight className="size-4" aria-hidden="true" />
      </Button>
      {error && <FormError>{errorMessage(error)}</FormError>}
      <p className="text-xs text-faint">Leo runs on this machine only; no account is needed.</p>
    </div>
  );
};
