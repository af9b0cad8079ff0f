import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import type { AdminSite } from "@leo/core/site.ts";
import { Button } from "../../../components/ui/button.tsx";
import { TextField } from "../../../components/ui/text-field.tsx";
import { formatAgo, formatSize } from "../../../lib/format.ts";
import { allowSite, sitesQuery, takeDownSite } from "../api/admin.ts";
import { useChange } from "../use-change.ts";
import { Block, Nothing } from "./block.tsx";

const TakeDownForm = ({ site }: { site: AdminSite }) => {
  const [reason, setReason] = useState("");
  const takeDown = useChange(() => takeDownSite(site.appId, reason), "The site is taken down.");
  const allow = useChange(() => allowSite(site.appId), "The owner may publish it again.");
  if (site.takenDown)
    return (
      <div className="mt-3 flex flex-wrap items-center gap-3 text-sm">
        <p className="min-w-0 flex-1 text-muted">Taken down: {site.takenDown.reason}</p>
        <Button size="small" disabled={allow.isPending} onClick={() => allow.mutate()}>
          Allow again
        </Button>
      </div>
    );
  return (
    <form
      className="mt-3 flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        takeDown.mutate();
      }}
    >
      <TextField
        label="Reason, which the owner is told"
        required
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        className="min-w-0 flex-1"
      />
      <Button type="submit" variant="danger" disabled={takeDown.isPending}>
        Take down
      </Button>
    </form>
  );
};

const STATES: Record<AdminSite["state"], string> = {
  new: "not published",
  published: "published",
  unpublished: "unpublished",
  taken_down: "taken down",
};

const SiteRow = ({ site }: { site: AdminSite }) => {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <li className="border-t border-line py-2.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
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
          {site.visibility === "link" && ", with the link"} · {formatSize(site.sizeBytes)}
          {site.publishedAt && ` · ${formatAgo(site.publishedAt)}`}
        </span>
        <Button
          size="small"
          aria-expanded={open}
          aria-controls={id}
          aria-label={`Change ${site.url}`}
          onClick={() => setOpen(!open)}
        >
          Change
        </Button>
      </div>
      <div id={id} hidden={!open}>
        <TakeDownForm site={site} />
      </div>
    </li>
  );
};

/** What users have published. */
export const Sites = () => {
  const { data } = useQuery(sitesQuery);
  return (
    <Block title="Sites">
      {data?.sites.length === 0 && <Nothing>Nobody has published anything.</Nothing>}
      <ul>
        {data?.sites.map((site) => (
          <SiteRow key={site.appId} site={site} />
        ))}
      </ul>
    </Block>
  );
};
