import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, type SubmitEvent } from "react";
import { toast } from "sonner";
import { Button } from "../../../components/ui/button.tsx";
import { FormError } from "../../../components/ui/form-error.tsx";
import { TextField } from "../../../components/ui/text-field.tsx";
import { errorMessage } from "../../../lib/errors.ts";
import { githubAccountQuery, setGithubAccount } from "../api/github-account.ts";

/** The GitHub user who gets into the repositories of my apps. An empty field: nobody. */
export const GithubForm = () => {
  const id = useId();
  const queryClient = useQueryClient();
  const { data, error } = useQuery(githubAccountQuery);
  const save = useMutation({
    mutationFn: setGithubAccount,
    onSuccess: (account) => {
      queryClient.setQueryData(githubAccountQuery.queryKey, account);
      toast(account.login ? `${account.login} is invited to your repositories.` : "No one is invited.");
    },
  });
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const login = new FormData(event.currentTarget).get("login");
    save.mutate({ login: typeof login === "string" && login.trim() !== "" ? login.trim() : null });
  };
  const failed = save.error ?? (data ? undefined : error);
  return (
    <form id={id} onSubmit={submit} className="flex flex-col items-start gap-3">
      <TextField
        key={data?.login ?? ""}
        label="GitHub user name"
        name="login"
        autoComplete="off"
        spellCheck={false}
        defaultValue={data?.login ?? ""}
        disabled={!data}
        hint="Leo invites this user to your apps' repositories."
        className="w-full max-w-xs"
      />
      {failed && <FormError>{errorMessage(failed)}</FormError>}
      <Button type="submit" size="small" disabled={!data || save.isPending}>
        Save
      </Button>
    </form>
  );
};
