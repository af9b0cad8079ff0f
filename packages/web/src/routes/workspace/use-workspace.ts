import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo } from "react";
import type { Generation } from "@leo/core/generation.ts";
import { appKeys } from "../../features/app/api.ts";
import { useLive } from "../../features/live/use-live.ts";
import { hasFiles, numberVersions, type NumberedGeneration } from "../../features/version/numbered.ts";
import type { WorkspaceSearch } from "./search.ts";

export interface Selection {
  versions: readonly NumberedGeneration[];
  latest: Generation;
  /** Completed generations, oldest first. */
  completed: readonly NumberedGeneration[];
  /** What the tabs show: the one in the address, else the newest version, else the newest draft, if there is one. */
  shown: NumberedGeneration | undefined;
  /** What they show when the address names none. */
  newest: NumberedGeneration | undefined;
}

export const useSelection = (generations: readonly Generation[], version: string | undefined) =>
  useMemo((): Selection | undefined => {
    const versions = numberVersions(generations);
    const latest = generations.at(-1);
    if (!latest) return undefined;
    const completed = versions.filter(({ number }) => number !== undefined);
    const chosen = versions.find(({ generation }) => generation.id === version);
    const newest = completed.at(-1) ?? versions.findLast(hasFiles);
    return { versions, latest, completed, shown: chosen ?? newest, newest };
  }, [generations, version]);

/** Changes parts of the address and keeps the rest; undefined takes a part away. */
export const useSetSearch = () => {
  const navigate = useNavigate({ from: "/apps/$appId" });
  return useCallback(
    (change: Partial<WorkspaceSearch>, replace = false) => {
      void navigate({ search: (current) => ({ ...current, ...change }), replace });
    },
    [navigate],
  );
};

/** Reads the app again whenever its newest generation changes state or gets a draft: only the server knows the rest. */
export const useFollowState = (latest: Generation) => {
  const queryClient = useQueryClient();
  const { live } = useLive(latest.id);
  const { state, draftSaved } = live;
  const isDraftNew = draftSaved && latest.hasDraft !== true;
  useEffect(() => {
    const isStateNew = state !== undefined && state !== latest.state;
    if (isStateNew || isDraftNew) void queryClient.invalidateQueries({ queryKey: appKeys.all });
  }, [queryClient, state, latest.state, isDraftNew]);
};
