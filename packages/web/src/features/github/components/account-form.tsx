import { useMutation, useQuery } from "@tanstack/react-query";
import { useId, type SubmitEvent } from "react";
import { toast } from "sonner";
import { Button } from "../../../components/ui/button.tsx";
import { FormError } from "../../../components/ui/form-error.tsx";
import { TextField } from "../../../components/ui/text-field.tsx";
import { githubAccountQuery, setGithubAccountMutation } from "../api.ts";

/** The GitHub user who gets into the repositories of my apps. An empty field: nobody. */
export const AccountForm = () => {
  const id = useId();
  const { data, error } = useQuery(githubAccountQuery);
  const save = useMutation({
    ...setGithubAccountMutation,
    onSuccess: (account) => {
      toast(account.login ? `${account.login} is invited to your repositories.` : "No one is invited.");
    },
  });
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const login = new FormData(event.currentTarget).get("login");
    save.mutate({ login: typeof login === "string" && login.trim() !== "" ? login.trim() : null });
  };
  return (
    <form id={id} onSubmit={submit} className="flex flex-col items-start gap-3">
      <TextField
        key={data?.login ?? ""}
        label="GitHub username"
        name="login"
        autoComplete="off"
        spellCheck={false}
        defaultValue={data?.login ?? ""}
        disabled={!data}
        hint="Leo invites this user to your apps' repositories."
        className="w-full max-w-xs"
      />
      <FormError error={save.error ?? (data ? null : error)} />
      <Button type="submit" size="small" disabled={!data || save.isPending}>
        Save
      </Button>
    </form>
  );
};
