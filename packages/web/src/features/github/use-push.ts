import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import type { Findings, PublishVersion } from "@leo/core/publishing.ts";
import { findingsOf } from "../../lib/findings.ts";
import { errorMessage } from "../../lib/errors.ts";
import { publishingQuery } from "./api/app-publishing.ts";
import { publishVersion } from "./api/publish-version.ts";

/** A version's newest publication, and what it takes to make another. */
export const usePublish = (appId: string, generationId: string) => {
  const queryClient = useQueryClient();
  const { data } = useQuery(publishingQuery(appId));
  const [found, setFound] = useState<Findings>();
  const { mutate, isPending } = useMutation({
    mutationFn: (body: PublishVersion) => publishVersion(generationId, body),
    onSettled: () => queryClient.invalidateQueries({ queryKey: publishingQuery(appId).queryKey }),
    onError: (error) => {
      const findings = findingsOf(error);
      setFound(findings);
      if (!findings) toast.error(errorMessage(error));
    },
  });
  return {
    publication: data?.publications.find((each) => each.generationId === generationId),
    repository: data?.repository,
    publish: mutate,
    isPending,
    /** Secrets that the person has to look at first. */
    found,
    showFindings: setFound,
  };
};
