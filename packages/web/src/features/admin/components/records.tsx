import { useQuery } from "@tanstack/react-query";
import { formatDateTime } from "../../../lib/format.ts";
import { auditQuery, orphansQuery } from "../api.ts";
import { Block, Items } from "./block.tsx";

export const Orphans = () => {
  return (
    <Block title="Orphans">
      <Items
        query={useQuery(orphansQuery)}
        itemsOf={({ orphans }) => orphans}
        none="No orphaned tasks"
        render={({ taskArn, foundAt, stoppedAt }) => (
          <li key={taskArn} className="py-1 text-sm">
            <span className="block truncate font-mono text-xs">{taskArn}</span>
            <span className="text-xs text-muted">
              found {formatDateTime(foundAt)},{" "}
              {stoppedAt ? `stopped ${formatDateTime(stoppedAt)}` : "not stopped yet"}
            </span>
          </li>
        )}
      />
    </Block>
  );
};

export const Audit = ({ targetId }: { targetId?: string }) => {
  return (
    <Block title="Audit log">
      <Items
        query={useQuery(auditQuery(targetId))}
        itemsOf={({ entries }) => entries}
        none="No changes yet"
        render={(entry) => (
          <li key={entry.id} className="py-1 text-sm">
            <details>
              <summary className="cursor-pointer">
                <span className="font-mono text-xs">{entry.action}</span>{" "}
                <span className="text-muted">
                  by {entry.actorEmail ?? entry.actorId}, {formatDateTime(entry.at)}
                </span>
              </summary>
              <pre className="mt-1 rounded-lg bg-sunken p-3 text-xs break-words whitespace-pre-wrap">
                {JSON.stringify(
                  {
                    target: entry.targetId,
                    before: entry.before,
                    after: entry.after,
                    requestId: entry.requestId,
                  },
                  null,
                  2,
                )}
              </pre>
            </details>
          </li>
        )}
      />
    </Block>
  );
};
