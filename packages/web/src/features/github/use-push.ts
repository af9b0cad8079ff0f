import { useQuery } from "@tanstack/react-query";
import { toastError } from "../../lib/use-action.ts";
import { useSecretsGate } from "../../lib/use-secrets-gate.ts";
import { pushVersionMutation, repositoryQuery } from "./api.ts";

/** A version's newest push, and what it takes to make another. */
export const usePush = (appId: string, generationId: string) => {
  const { data } = useQuery(repositoryQuery(appId));
  const push = useSecretsGate({ ...pushVersionMutation(appId, generationId), onError: toastError });
  return { ...push, latest: data?.pushes.find((each) => each.generationId === generationId) };
};
