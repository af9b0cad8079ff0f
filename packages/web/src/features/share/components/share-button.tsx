import { Popover } from "@base-ui/react/popover";
import { Share2 } from "lucide-react";
import { buttonClass } from "../../../components/ui/button.tsx";
import { SharePanel } from "./share-panel.tsx";

/** Links by which others see the app run. */
export const ShareButton = ({ appId }: { appId: string }) => (
  <Popover.Root>
    <Popover.Trigger className={buttonClass({ size: "small" })}>
      <Share2 className="size-3.5" aria-hidden="true" />
      Share
    </Popover.Trigger>
    <Popover.Portal>
      <Popover.Positioner sideOffset={6} align="end" className="z-50 outline-none">
        <Popover.Popup className="w-[min(24rem,calc(100vw-1.5rem))] rounded-xl border border-line bg-surface p-4 shadow-float outline-none">
          <Popover.Title className="text-sm font-semibold">Share the app</Popover.Title>
          <Popover.Description className="mt-1 text-xs text-muted">
            Whoever has a link sees the newest version run, without signing in. They see no code and no
            requests.
          </Popover.Description>
          <SharePanel appId={appId} />
        </Popover.Popup>
      </Popover.Positioner>
    </Popover.Portal>
  </Popover.Root>
);
