import type { Share } from "@leo/core/api.ts";
import { Button } from "../../../components/ui/button.tsx";
import { formatAgo, formatDateTime, plural } from "../../../lib/format.ts";

interface ShareRowProps {
  share: Share;
  isNew: boolean;
  isBusy: boolean;
  onRevoke: () => void;
}

const seen = ({ seenCount, lastSeenAt }: Share) =>
  lastSeenAt ? `Opened ${plural(seenCount, "time")}, last ${formatAgo(lastSeenAt)}` : "Not opened yet";

export const ShareRow = ({ share, isNew, isBusy, onRevoke }: ShareRowProps) => (
  <li className="flex items-center gap-3 py-2">
    <div className="min-w-0 flex-1">
      <p className="text-[13px]" title={formatDateTime(share.createdAt)}>
        {isNew ? "New link" : `Created ${formatAgo(share.createdAt)}`}
        {share.generationId && " for one version"}
      </p>
      <p className="text-xs text-faint">{seen(share)}</p>
    </div>
    <Button
      size="small"
      variant="danger"
      disabled={isBusy}
      onClick={onRevoke}
      aria-label={`Revoke the link created ${formatDateTime(share.createdAt)}`}
    >
      Revoke
    </Button>
  </li>
);
