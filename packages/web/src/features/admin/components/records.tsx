import { useQuery } from "@tanstack/react-query";
import { formatDateTime } from "../../../lib/format.ts";
import { auditQuery, orphansQuery } from "../api/admin.ts";
import { Block, Nothing } from "./block.tsx";

export const Orphans = () => {
  const { data } = useQuery(orphansQuery);
  return (
    <Block title="Orphans">
      {data?.orphans.length === 0 && <Nothing>No orphaned tasks</Nothing>}
      <ul className="flex flex-col gap-2 text-sm">
        {data?.orphans.map(({ taskArn, foundAt, stoppedAt }) => (
          <li key={taskArn}>
            <span className="block truncate font-mono text-xs">{taskArn}</span>
            <span className="text-xs text-muted">
              found {formatDateTime(foundAt)},{" "}
              {stoppedAt ? `stopped ${formatDateTime(stoppedAt)}` : "not stopped yet"}
            </span>
          </li>
        ))}
      </ul>
    </Block>
  );
};

export const Audit = ({ targetId }: { targetId?: string }) => {
  const { data } = useQuery(auditQuery(targetId));
  return (
    <Block title="Audit log">
      {data?.entries.length === 0 && <Nothing>No changes yet</Nothing>}
      <ul className="flex flex-col gap-2 text-sm">
        {data?.entries.map((entry) => (
          <li key={entry.id}>
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
        ))}
      </ul>
    </Block>
  );
};
