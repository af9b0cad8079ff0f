import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef } from "react";
import { toast } from "sonner";
import type { Generation } from "@leo/core/generation.ts";
import { addMessage } from "../../features/generation/api/add-message.ts";
import { Composer, type ComposerProps } from "../../features/generation/components/composer.tsx";
import { MessageQueue } from "../../features/generation/components/message-queue.tsx";
import { StatusStrip } from "../../features/generation/components/status-strip.tsx";
import { Timeline } from "../../features/generation/components/timeline.tsx";
import { Turn } from "../../features/generation/components/turn.tsx";
import { useLive } from "../../features/generation/use-live.ts";
import type { NumberedGeneration } from "../../features/generation/versions.ts";
import { isFinal } from "../../lib/generation-state.ts";
import { errorMessage } from "../../lib/errors.ts";

interface ConversationProps {
  versions: readonly NumberedGeneration[];
  latest: Generation;
  base: ComposerProps["base"];
  onClearBase: () => void;
  /** The request `sent` was accepted. The text may be another by then: people type on while it is on its way. */
  onSent: (sent: string) => void;
  /** What is written and not sent. It outlives the conversation, which a phone takes away with its tab. */
  text: string;
  setText: (next: string | ((current: string) => string)) => void;
}

const ACCEPT_PLAN = "The plan is good. Build it.";

const blockedBecause = (generation: Generation, state: Generation["state"]): string | undefined => {
  if (isFinal(state)) return undefined;
  if (generation.cancelRequestedAt) return "Wait until it has stopped";
  return state === "publishing" ? "Wait until the version is published" : undefined;
};

export const Conversation = ({
  versions,
  latest,
  base,
  onClearBase,
  onSent,
  text,
  setText,
}: ConversationProps) => {
  const { live } = useLive(latest.id);
  const composer = useRef<HTMLTextAreaElement>(null);
  const queryClient = useQueryClient();
  const { mutate: acceptPlan } = useMutation({
    mutationFn: () => addMessage(latest.id, ACCEPT_PLAN),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["apps", latest.appId] }),
    onError: (error) => toast.error(errorMessage(error)),
  });
  const focusComposer = useCallback(() => composer.current?.focus(), []);
  const editRequest = useCallback(
    (request: string) => {
      setText((current) => (current.trim() === "" ? request : `${request}\n${current}`));
      composer.current?.focus();
    },
    [setText],
  );
  const state = live.state ?? latest.state;
  const keepUnsaved = useCallback(
    (unsaved: string) => {
      setText((current) => (current.trim() === "" ? unsaved : `${current}\n${unsaved}`));
      composer.current?.focus();
      toast("The agent took the request before your change was saved. The change is in the box now.");
    },
    [setText],
  );

  return (
    <section aria-label="Conversation" className="flex h-full min-h-0 flex-col">
      <h2 className="sr-only">Conversation</h2>
      <Timeline lastSeq={live.lastSeq}>
        {(scrollRef) =>
          versions.map(({ generation, number }) => (
            <Turn
              key={generation.id}
              generation={generation}
              version={number}
              latest={generation.id === latest.id}
              scrollRef={scrollRef}
              onAcceptPlan={acceptPlan}
              onEditPlan={focusComposer}
              onReply={focusComposer}
              onEditRequest={editRequest}
            />
          ))
        }
      </Timeline>
      <div className="mx-auto w-full max-w-3xl shrink-0 px-3 pb-3">
        <StatusStrip generation={latest} live={live} />
        <MessageQueue
          key={latest.id}
          generationId={latest.id}
          queued={live.queued}
          closed={latest.cancelRequestedAt !== undefined || isFinal(state)}
          onUnsaved={keepUnsaved}
        />
        <Composer
          ref={composer}
          appId={latest.appId}
          runningId={isFinal(state) ? undefined : latest.id}
          blockedBecause={blockedBecause(latest, state)}
          base={base}
          onClearBase={onClearBase}
          text={text}
          onChange={setText}
          onSent={onSent}
        />
      </div>
    </section>
  );
};
