import { useQuery } from "@tanstack/react-query";
import type { AdminSite } from "@leo/core/site.ts";
import { formatAgo, formatSize } from "../../../lib/format.ts";
import { useAction } from "../../../lib/use-action.ts";
import { allowSiteMutation, sitesQuery, takeDownSiteMutation } from "../api.ts";
import { Fold } from "./fold.tsx";
import { ReasonForm, ReasonNote } from "./reason-form.tsx";
import { Block, Items } from "./block.tsx";

const TakeDown = ({ site: { appId, takenDown } }: { site: AdminSite }) => {
  const takeDown = useAction(takeDownSiteMutation(appId), "Site taken down");
  const allow = useAction(allowSiteMutation(appId), "The owner can publish it again");
  if (takenDown)
    return (
      <ReasonNote undo="Allow again" isPending={allow.isPending} onUndo={allow.mutate}>
        {`Taken down: ${takenDown.reason}`}
      </ReasonNote>
    );
  return (
    <ReasonForm
      label="Reason shown to the owner"
      action="Take down"
      isPending={takeDown.isPending}
      onSubmit={takeDown.mutate}
    />
  );
};

const STATES: Record<AdminSite["state"], string> = {
  new: "not published",
  published: "published",
  unpublished: "unpublished",
  taken_down: "taken down",
};

const SiteRow = ({ site }: { site: AdminSite }) => (
  <Fold
    name={site.url}
    summary={
      <>
        <a
          href={site.url}
          target="_blank"
          rel="noreferrer"
          className="min-w-0 flex-1 truncate font-medium underline underline-offset-2"
        >
          {site.url}
        </a>
        <span className="text-xs text-muted tabular-nums">
          {site.appName} · {site.ownerEmail ?? site.ownerId} · {STATES[site.state]}
          {site.visibility === "link" && ", link only"} · {formatSize(site.sizeBytes)}
          {site.publishedAt && ` · ${formatAgo(site.publishedAt)}`}
        </span>
      </>
    }
  >
    <TakeDown site={site} />
  </Fold>
);

/** What users have published. */
export const Sites = () => {
  return (
    <Block title="Sites">
      <Items
        query={useQuery(sitesQuery)}
        itemsOf={({ sites }) => sites}
        none="No sites yet"
        render={(site) => <SiteRow key={site.appId} site={site} />}
      />
    </Block>
  );
};
