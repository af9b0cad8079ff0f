import { getRouteApi } from "@tanstack/react-router";
import { LogPanel } from "../../features/log/components/log-panel.tsx";
import { useLive } from "../../features/live/use-live.ts";
import type { Selection } from "./use-workspace.ts";

const route = getRouteApi("/apps/$appId");

/** The log of the version in the address, else of what happens now. */
const LogTab = ({ selection }: { selection: Selection }) => {
  const { version } = route.useSearch();
  const chosen = selection.versions.find(({ generation }) => generation.id === version);
  const { live } = useLive(chosen?.generation.id ?? selection.latest.id);
  return <LogPanel events={live.events} />;
};
export default LogTab;
