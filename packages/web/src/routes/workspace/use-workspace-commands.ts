import {
  CircleStop,
  ExternalLink,
  FileCode,
  FileDiff,
  Globe,
  History,
  ScrollText,
  SquarePen,
} from "lucide-react";
import { useMemo } from "react";
import { cancelGenerationMutation } from "../../features/generation/api.ts";
import { useLive } from "../../features/live/use-live.ts";
import { useOfferCommands, type Command } from "../../lib/commands.ts";
import { isFinal } from "../../lib/generation-state.ts";
import { useAction } from "../../lib/use-action.ts";
import { useSetSearch, type Selection } from "./use-workspace.ts";

/** What the palette offers while an app is open. */
export const useWorkspaceCommands = ({ latest, newest }: Selection, write: () => void) => {
  const setSearch = useSetSearch();
  const { live } = useLive(latest.id);
  const { mutate: cancel } = useAction(cancelGenerationMutation(latest));
  const state = live.state ?? latest.state;
  const canCancel = !isFinal(state) && state !== "finalizing" && latest.cancelRequestedAt === undefined;
  const url = newest?.generation.previewUrl;
  const commands = useMemo(
    (): Command[] => [
      { icon: SquarePen, name: "Ask for a change", run: write },
      ...(canCancel ? [{ icon: CircleStop, name: "Cancel this run", run: () => cancel() }] : []),
      ...(url === undefined
        ? []
        : [
            {
              icon: ExternalLink,
              name: "Open app in new tab",
              run: () => void window.open(url, "_blank", "noopener"),
            },
          ]),
      { icon: Globe, name: "Show preview", run: () => setSearch({ tab: "preview" }) },
      { icon: FileCode, name: "Show code", run: () => setSearch({ tab: "code" }) },
      { icon: FileDiff, name: "Show changes", run: () => setSearch({ tab: "changes" }) },
      { icon: ScrollText, name: "Show log", run: () => setSearch({ tab: "log" }) },
      {
        icon: History,
        name: "Versions: restore, copy or download",
        run: () => setSearch({ tab: "versions" }),
      },
    ],
    [canCancel, cancel, setSearch, url, write],
  );
  useOfferCommands(commands);
};
