import { useQuery } from "@tanstack/react-query";
import { Globe } from "lucide-react";
import { HeaderPopover } from "../../../components/header-popover.tsx";
import type { NumberedGeneration } from "../../version/numbered.ts";
import { siteQuery } from "../api.ts";
import { SitePanel } from "./site-panel.tsx";

interface SiteButtonProps {
  appId: string;
  versions: readonly NumberedGeneration[];
}

/** Publishing the app: its public address, and which version visitors get there. */
export const SiteButton = ({ appId, versions }: SiteButtonProps) => {
  const isPublished = useQuery(siteQuery(appId)).data?.state === "published";
  return (
    <HeaderPopover
      title="Publish app"
      description="Puts one version on the web. Its address stays the same whichever version you publish."
      icon={Globe}
      variant={isPublished ? "secondary" : "primary"}
      button={
        <>
          <Globe className="size-3.5 max-sm:hidden" aria-hidden="true" />
          {isPublished ? "Published" : "Publish"}
        </>
      }
    >
      <SitePanel appId={appId} versions={versions} />
    </HeaderPopover>
  );
};
