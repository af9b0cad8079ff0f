import { useMutation } from "@tanstack/react-query";
import { useSecretsGate } from "../../lib/use-secrets-gate.ts";
import { changeSiteMutation, publishSiteMutation, unpublishSiteMutation } from "./api.ts";

/** What the owner does with a site. */
export const useSiteChanges = (appId: string) => {
  const publish = useSecretsGate(publishSiteMutation(appId));
  const change = useMutation(changeSiteMutation(appId));
  const unpublish = useMutation(unpublishSiteMutation(appId));
  const all = [publish, change, unpublish];

  /** A new try clears what was said about the one before. */
  const fresh =
    <Input>(mutate: (input: Input) => void) =>
    (input: Input) => {
      for (const { reset } of all) reset();
      mutate(input);
    };
  return {
    publish: fresh(publish.mutate),
    change: fresh(change.mutate),
    unpublish: fresh(unpublish.mutate),
    isBusy: all.some(({ isPending }) => isPending),
    isPublishing: publish.isPending,
    failure: all.map(({ error }) => error).find(Boolean),
    secrets: publish.dialog,
  };
};

export type SiteChanges = ReturnType<typeof useSiteChanges>;
