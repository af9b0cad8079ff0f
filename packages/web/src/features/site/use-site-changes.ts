import { useMutation, useQueryClient, type UseMutationResult } from "@tanstack/react-query";
import { useState } from "react";
import type { Findings } from "@leo/core/publishing.ts";
import type { Site } from "@leo/core/site.ts";
import { findingsOf } from "../../lib/findings.ts";
import { changeSite, keepSite, publishSite, siteQuery, unpublishSite } from "./api/site.ts";

type Publish = Parameters<typeof publishSite>[1];

/** What the owner does with a site. After a refusal the site is read again: another page may have changed it. */
export const useSiteChanges = (appId: string) => {
  const client = useQueryClient();
  const [found, setFound] = useState<{ findings: Findings; request: Publish }>();
  const shared = {
    onSuccess: (site: Site) => keepSite(client, appId, site),
    onError: () => client.invalidateQueries({ queryKey: siteQuery(appId).queryKey }),
  };
  const publish = useMutation({
    mutationFn: (body: Publish) => publishSite(appId, body),
    onSuccess: shared.onSuccess,
    onError: (error, body) => {
      const findings = findingsOf(error);
      setFound(findings && { findings, request: body });
      return shared.onError();
    },
  });
  const change = useMutation({
    mutationFn: (body: Parameters<typeof changeSite>[1]) => changeSite(appId, body),
    ...shared,
  });
  const unpublish = useMutation({ mutationFn: () => unpublishSite(appId), ...shared });
  const all: Pick<UseMutationResult, "isPending" | "error" | "reset">[] = [publish, change, unpublish];
  const failure = all.map(({ error }) => error).find((error) => error && !findingsOf(error));

  /** A new try clears what was said about the one before. */
  const fresh =
    <Input>(mutate: (input: Input) => void) =>
    (input: Input) => {
      for (const each of all) each.reset();
      mutate(input);
    };
  return {
    publish: fresh(publish.mutate),
    change: fresh(change.mutate),
    unpublish: fresh(unpublish.mutate),
    isBusy: all.some(({ isPending }) => isPending),
    isPublishing: publish.isPending,
    failure,
    /** Secrets that the person has to look at first. */
    found: found?.findings,
    acceptFound: (confirm: string) => found && publish.mutate({ ...found.request, confirm }),
    dismissFound: () => setFound(undefined),
  };
};

export type SiteChanges = ReturnType<typeof useSiteChanges>;
