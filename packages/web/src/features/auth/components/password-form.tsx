import { useMutation } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { Button } from "../../../components/ui/button.tsx";
import { FormError } from "../../../components/ui/form-error.tsx";
import { TextField } from "../../../components/ui/text-field.tsx";
import { sendMagicLink, signIn, signUp } from "../api.ts";

type Intent = "sign-in" | "sign-up" | "link";

interface PasswordFormProps {
  signUpOffered: boolean;
  linkOffered: boolean;
}

/** Does what was asked. @returns a sentence when something must still be done elsewhere */
const carryOut = async (intent: Intent, email: string, password: string): Promise<string | undefined> => {
  if (intent === "sign-in") {
    await signIn(email, password);
    return undefined;
  }
  if (intent === "sign-up") {
    const mustConfirm = await signUp(email, password);
    return mustConfirm ? `To finish, open the link we sent to ${email}.` : undefined;
  }
  await sendMagicLink(email);
  return `We sent a sign-in link to ${email}.`;
};

const field = (form: FormData, name: string) => {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
};

const LABEL: Record<Intent, string> = {
  "sign-in": "Sign in",
  "sign-up": "Create account",
  link: "Send sign-in link",
};

export const PasswordForm = ({ signUpOffered, linkOffered }: PasswordFormProps) => {
  const [intent, setIntent] = useState<Intent>("sign-in");
  const { mutate, isPending, error, data, reset } = useMutation({
    mutationFn: ({ email, password }: { email: string; password: string }) =>
      carryOut(intent, email, password),
  });
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    mutate({ email: field(form, "email"), password: field(form, "password") });
  };
  const choose = (next: Intent) => {
    reset();
    setIntent(next);
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3.5">
      <TextField label="Email" name="email" type="email" autoComplete="email" required />
      {intent !== "link" && (
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete={intent === "sign-up" ? "new-password" : "current-password"}
          // The rule for a new one; one that exists may be older than the rule.
          minLength={intent === "sign-up" ? 6 : undefined}
          required
        />
      )}
      <FormError error={error} />
      {data && (
        <p role="status" className="text-sm text-good">
          {data}
        </p>
      )}
      <Button type="submit" disabled={isPending}>
        {LABEL[intent]}
      </Button>
      <div className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
        {intent !== "sign-in" && <Switch onClick={() => choose("sign-in")}>Sign in with a password</Switch>}
        {intent !== "sign-up" && signUpOffered && (
          <Switch onClick={() => choose("sign-up")}>Create an account</Switch>
        )}
        {intent !== "link" && linkOffered && (
          <Switch onClick={() => choose("link")}>Email me a sign-in link</Switch>
        )}
      </div>
    </form>
  );
};

const Switch = ({ onClick, children }: { onClick: () => void; children: string }) => (
  <button type="button" onClick={onClick} className="rounded underline underline-offset-2 hover:text-ink">
    {children}
  </button>
);
