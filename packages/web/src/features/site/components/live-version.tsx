import type { Site } from "@leo/core/site.ts";
import { Button } from "../../../components/ui/button.tsx";
import { formatAgo, formatDateTime } from "../../../lib/format.ts";
import { versionName, type NumberedGeneration } from "../../version/numbered.ts";
import type { SiteChanges } from "../use-site-changes.ts";

interface LiveVersionProps {
  site: Site;
  versions: readonly NumberedGeneration[];
  changes: SiteChanges;
}

const nameOf = (versions: readonly NumberedGeneration[], id: string | undefined) =>
  versionName(versions.find(({ generation }) => generation.id === id)?.number);

/** Which version visitors get, and the others that they could get. */
export const LiveVersion = ({ site, versions, changes }: LiveVersionProps) => {
  const { live, held } = site;
  const newest = versions.findLast(({ number }) => number !== undefined);
  const isNewestLive = newest !== undefined && newest.generation.id === live?.generationId;
  // Newest first; the one that the main button is for is not offered twice.
  const earlier = versions
    .filter(
      ({ generation: { id } }) =>
        held.includes(id) && id !== live?.generationId && id !== newest?.generation.id,
    )
    .toReversed();
  const publish = (generationId: string) => changes.publish({ generationId });
  return (
    <section aria-label="Published version" className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center justify-between gap-2">
        {live && (
          <p className="text-[13px]" title={formatDateTime(live.publishedAt)}>
            {nameOf(versions, live.generationId)} is live{" "}
            <span className="text-faint">· published {formatAgo(live.publishedAt)}</span>
          </p>
        )}
        {newest && !isNewestLive && (
          <Button
            size="small"
            variant="primary"
            disabled={changes.isBusy}
            onClick={() => publish(newest.generation.id)}
          >
            {changes.isPublishing ? "Publishing…" : `Publish ${versionName(newest.number).toLowerCase()}`}
          </Button>
        )}
      </div>
      {earlier.length > 0 && (
        <ul aria-label="Earlier versions" className="divide-y divide-line border-t border-line">
          {earlier.map(({ generation, number }) => (
            <li key={generation.id} className="flex items-center gap-3 py-2">
              <span className="min-w-0 flex-1 truncate text-[13px]" title={generation.prompt}>
                {versionName(number)} <span className="text-faint">{generation.prompt}</span>
              </span>
              <Button
                size="small"
                disabled={changes.isBusy}
                aria-label={`Roll back to ${versionName(number).toLowerCase()}`}
                onClick={() => publish(generation.id)}
              >
                Roll back
              </Button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
};
