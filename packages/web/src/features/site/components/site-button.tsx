import { Popover } from "@base-ui/react/popover";
import { useQuery } from "@tanstack/react-query";
import { Globe } from "lucide-react";
import { useMemo, useState } from "react";
import { buttonClass } from "../../../components/ui/button.tsx";
import type { NumberedGeneration } from "../../version/numbered.ts";
import { useOfferCommands } from "../../../lib/commands.ts";
import { siteQuery } from "../api/site.ts";
import { SitePanel } from "./site-panel.tsx";

interface SiteButtonProps {
  appId: string;
  versions: readonly NumberedGeneration[];
}

/** Publishing the app: its public address, and which version visitors get there. */
export const SiteButton = ({ appId, versions }: SiteButtonProps) => {
  const { data } = useQuery(siteQuery(appId));
  const isPublished = data?.state === "published";
  const [open, setOpen] = useState(false);
  const commands = useMemo(() => [{ icon: Globe, name: "Publish app", run: () => setOpen(true) }], []);
  useOfferCommands(commands);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger
        className={buttonClass({ size: "small", variant: isPublished ? "secondary" : "primary" })}
      >
        <Globe className="size-3.5 max-sm:hidden" aria-hidden="true" />
        {isPublished ? "Published" : "Publish"}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="end" className="z-50 outline-none">
          <Popover.Popup className="max-h-[calc(100dvh-5rem)] w-[min(26rem,calc(100vw-1.5rem))] overflow-y-auto rounded-xl border border-line bg-surface p-4 shadow-float outline-none">
            <Popover.Title className="text-sm font-semibold">Publish app</Popover.Title>
            <Popover.Description className="mt-1 text-xs text-muted">
              Puts one version on the web. The address stays, whichever version you publish.
            </Popover.Description>
            <SitePanel appId={appId} versions={versions} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
};
