import { useQuery } from "@tanstack/react-query";
import type { Site } from "@leo/core/site.ts";
import { Loaded } from "../../../components/loaded.tsx";
import { SecretsDialog } from "../../../components/secrets-dialog.tsx";
import { FormError } from "../../../components/ui/form-error.tsx";
import type { NumberedGeneration } from "../../version/numbered.ts";
import { siteQuery } from "../api.ts";
import { useSiteChanges } from "../use-site-changes.ts";
import { LiveVersion } from "./live-version.tsx";
import { NewSite } from "./new-site.tsx";
import { SiteAddress } from "./site-address.tsx";
import { SiteSettings } from "./site-settings.tsx";

const TakenDown = ({ reason }: { reason: string }) => (
  <p className="rounded-lg bg-bad-soft p-3 text-[13px] text-bad">
    An administrator took this site down: {reason} Ask them to allow it again.
  </p>
);

const NoOrigin = () => (
  <p className="text-xs text-muted">
    Leo has no domain for sites here, so the app can't save anything in visitors' browsers and can't be
    installed.
  </p>
);

interface SitePanelProps {
  appId: string;
  versions: readonly NumberedGeneration[];
}

export const SitePanel = ({ appId, versions }: SitePanelProps) => {
  const changes = useSiteChanges(appId);
  const body = (shown: Site) => {
    if (shown.takenDown) return <TakenDown reason={shown.takenDown.reason} />;
    if (shown.state === "new") return <NewSite site={shown} versions={versions} changes={changes} />;
    return (
      <>
        {shown.state === "published" && <SiteAddress key={shown.link ?? shown.url} site={shown} />}
        {shown.state === "unpublished" && (
          <p className="text-[13px] text-muted">
            Nothing is published. Visitors to {shown.url} see that the site is gone.
          </p>
        )}
        <LiveVersion site={shown} versions={versions} changes={changes} />
        <SiteSettings site={shown} changes={changes} />
      </>
    );
  };
  return (
    <div className="mt-3 flex flex-col gap-4">
      <FormError error={changes.failure} />
      <Loaded query={useQuery(siteQuery(appId))}>
        {(site) => (
          <>
            {body(site)}
            {!site.ownOrigin && <NoOrigin />}
          </>
        )}
      </Loaded>
      <SecretsDialog {...changes.secrets} confirmLabel="Publish anyway" />
    </div>
  );
};
