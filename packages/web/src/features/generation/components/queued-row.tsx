import { Pencil, X } from "lucide-react";
import { IconButton } from "../../../components/ui/icon-button.tsx";
import { useAction } from "../../../lib/use-action.ts";
import { removeMessageMutation } from "../api.ts";
import type { QueuedMessage } from "../../live/timeline-item.ts";

interface QueuedRowProps {
  generationId: string;
  message: QueuedMessage;
  closed: boolean;
  onEdit: () => void;
}

/** One request that waits: its text, and while it can be, changing it and taking it back. */
export const QueuedRow = ({ generationId, message, closed, onEdit }: QueuedRowProps) => {
  const remove = useAction(removeMessageMutation(generationId));
  const disabled = closed || remove.isPending;
  return (
    <div className="flex items-start gap-1">
      <p
        dir="auto"
        className="line-clamp-3 min-w-0 flex-1 py-1 text-[13px] leading-6 break-words whitespace-pre-wrap"
      >
        {message.text}
      </p>
      <IconButton label="Edit queued request" disabled={disabled} onClick={onEdit}>
        <Pencil className="size-3.5" aria-hidden="true" />
      </IconButton>
      <IconButton
        label="Remove queued request"
        disabled={disabled}
        onClick={() => remove.mutate(message.messageId)}
      >
        <X className="size-4" aria-hidden="true" />
      </IconButton>
    </div>
  );
};
