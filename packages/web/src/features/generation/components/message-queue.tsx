import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { changeMessageMutation } from "../api.ts";
import type { QueuedMessage } from "../../live/timeline-item.ts";
import { QueuedEditor } from "./queued-editor.tsx";
import { QueuedRow } from "./queued-row.tsx";

interface MessageQueueProps {
  generationId: string;
  queued: readonly QueuedMessage[];
  /** The run is ending: what still waits is handed back and can no longer be changed. */
  closed: boolean;
  /** A change that came too late: the agent took the request while it was being edited. */
  onUnsaved: (text: string) => void;
}

interface Draft {
  messageId: string;
  before: string;
  text: string;
}

/** Requests that wait until the agent has finished its current step. */
export const MessageQueue = ({ generationId, queued, closed, onUnsaved }: MessageQueueProps) => {
  const [draft, setDraft] = useState<Draft>();
  const save = useMutation({
    ...changeMessageMutation(generationId),
    onSuccess: () => setDraft(undefined),
  });
  const edited = draft && queued.find(({ messageId }) => messageId === draft.messageId);

  const handedOver = useRef<string>(undefined);

  useEffect(() => {
    if (!draft || edited || save.isPending || handedOver.current === draft.messageId) return;
    handedOver.current = draft.messageId;
    if (draft.text !== draft.before && draft.text.trim() !== "") onUnsaved(draft.text);
  }, [draft, edited, save.isPending, onUnsaved]);

  if (queued.length === 0) return null;
  return (
    <section aria-label="Queued requests" className="mb-2 rounded-xl border border-line bg-sunken px-3 py-2">
      <h3 className="text-xs font-medium text-muted">
        Queued{" "}
        <span className="font-normal text-faint">· Leo reads these one by one after the current step</span>
      </h3>
      <ul className="mt-1 max-h-[30vh] divide-y divide-line overflow-y-auto">
        {queued.map((message) => (
          <li key={message.messageId} className="py-1">
            {edited === message && draft ? (
              <QueuedEditor
                text={draft.text}
                onChange={(text) => setDraft({ ...draft, text })}
                onSave={() => save.mutate(draft)}
                onDiscard={() => setDraft(undefined)}
                saving={save.isPending}
                error={save.error}
              />
            ) : (
              <QueuedRow
                generationId={generationId}
                message={message}
                closed={closed}
                onEdit={() => {
                  save.reset();
                  setDraft({ messageId: message.messageId, before: message.text, text: message.text });
                }}
              />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
};
