import { useCallback, type RefObject } from "react";
import { toast } from "sonner";
import type { Generation } from "@leo/core/generation.ts";
import { addMessageMutation } from "../../features/generation/api.ts";
import { Composer, type ComposerProps } from "../../features/generation/components/composer.tsx";
import { MessageQueue } from "../../features/generation/components/message-queue.tsx";
import { StatusStrip } from "../../features/generation/components/status-strip.tsx";
import { Timeline } from "../../features/generation/components/timeline.tsx";
import { Turn } from "../../features/generation/components/turn.tsx";
import { useLive } from "../../features/live/use-live.ts";
import { copyWords, type NumberedGeneration } from "../../features/version/numbered.ts";
import { isFinal } from "../../lib/generation-state.ts";
import { useAction } from "../../lib/use-action.ts";

interface ConversationProps {
  /** The box for the next request. */
  composer: RefObject<HTMLTextAreaElement | null>;
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

const ACCEPT_PLAN = "The plan looks good. Build it.";

const blockedBecause = (generation: Generation, state: Generation["state"]): string | undefined => {
  if (isFinal(state)) return undefined;
  if (generation.cancelRequestedAt) return "Stopping. You can send in a moment.";
  return state === "finalizing" ? "Saving the version. You can send in a moment." : undefined;
};

export const Conversation = ({
  composer,
  versions,
  latest,
  base,
  onClearBase,
  onSent,
  text,
  setText,
}: ConversationProps) => {
  const { live } = useLive(latest.id);
  const { mutate: addMessage } = useAction(addMessageMutation(latest));
  const acceptPlan = useCallback(() => addMessage(ACCEPT_PLAN), [addMessage]);
  const focusComposer = useCallback(() => composer.current?.focus(), [composer]);
  const editRequest = useCallback(
    (request: string) => {
      setText((current) => (current.trim() === "" ? request : `${request}\n${current}`));
      composer.current?.focus();
    },
    [composer, setText],
  );
  const state = live.state ?? latest.state;
  const keepUnsaved = useCallback(
    (unsaved: string) => {
      setText((current) => (current.trim() === "" ? unsaved : `${current}\n${unsaved}`));
      composer.current?.focus();
      toast("Leo had already read that request. Your change is in the box.");
    },
    [composer, setText],
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
              copyOf={copyWords(generation, versions)}
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
