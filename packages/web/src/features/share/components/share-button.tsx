import { Share2 } from "lucide-react";
import { HeaderPopover } from "../../../components/header-popover.tsx";
import { SharePanel } from "./share-panel.tsx";

/** Links by which others see the app run. */
export const ShareButton = ({ appId }: { appId: string }) => (
  <HeaderPopover
    title="Share app"
    description="Anyone with the link can use the latest version without signing in. They can't see the code or your prompts."
    icon={Share2}
    button={
      <>
        <Share2 className="size-3.5" aria-hidden="true" />
        <span className="max-sm:sr-only">Share</span>
      </>
    }
  >
    <SharePanel appId={appId} />
  </HeaderPopover>
);
