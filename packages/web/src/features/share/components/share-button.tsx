import { Popover } from "@base-ui/react/popover";
import { Share2 } from "lucide-react";
import { useMemo, useState } from "react";
import { buttonClass } from "../../../components/ui/button.tsx";
import { useOfferCommands } from "../../../lib/commands.ts";
import { SharePanel } from "./share-panel.tsx";

/** Links by which others see the app run. */
export const ShareButton = ({ appId }: { appId: string }) => {
  const [open, setOpen] = useState(false);
  const commands = useMemo(() => [{ icon: Share2, name: "Share app", run: () => setOpen(true) }], []);
  useOfferCommands(commands);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger className={buttonClass({ size: "small" })}>
        <Share2 className="size-3.5" aria-hidden="true" />
        <span className="max-sm:sr-only">Share</span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="end" className="z-50 outline-none">
          <Popover.Popup className="w-[min(24rem,calc(100vw-1.5rem))] rounded-xl border border-line bg-surface p-4 shadow-float outline-none">
            <Popover.Title className="text-sm font-semibold">Share app</Popover.Title>
            <Popover.Description className="mt-1 text-xs text-muted">
              Anyone with the link can use the latest version without signing in. They can't see the code or
              your prompts.
            </Popover.Description>
            <SharePanel appId={appId} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
};
