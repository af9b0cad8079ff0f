import { isBlank } from "@leo/core/blank.ts";
import { useMutation } from "@tanstack/react-query";
import { X } from "lucide-react";
import type { Ref } from "react";
import { PromptBox } from "../../../components/prompt-box.tsx";
import { Button } from "../../../components/ui/button.tsx";
import { FormError } from "../../../components/ui/form-error.tsx";
import { useConfig } from "../../../lib/config.ts";
import { useIdempotencyKey } from "../../../lib/use-idempotency-key.ts";
import { addMessageMutation, createGenerationMutation } from "../api.ts";

export interface ComposerProps {
  appId: string;
  /** The generation that is at work; a request then goes to its agent. */
  runningId: string | undefined;
  /** Why nothing can be sent just now. */
  blockedBecause: string | undefined;
  /** The version that the next request starts from, when it is not the newest. */
  base: { id: string; name: string } | undefined;
  onClearBase: () => void;
  text: string;
  onChange: (text: string) => void;
  /** The request `sent` was accepted. The text may be another by then: people type on while it is on its way. */
  onSent: (sent: string) => void;
  ref?: Ref<HTMLTextAreaElement>;
}

export const Composer = ({
  appId,
  runningId,
  blockedBecause,
  base,
  onClearBase,
  text,
  onChange,
  onSent,
  ref,
}: ComposerProps) => {
  const { limits } = useConfig();
  const { keyFor, done } = useIdempotencyKey();

  const create = useMutation({
    ...createGenerationMutation(appId),
    onSuccess: (_, { body }) => {
      done();
      onSent(body.prompt);
    },
  });
  const add = useMutation({
    ...addMessageMutation({ id: runningId ?? "", appId }),
    onSuccess: (_, sent) => onSent(sent),
  });
  const { isPending, error } = runningId === undefined ? create : add;

  const usable = blockedBecause === undefined && !isBlank(text) && text.length <= limits.promptMaxChars;
  const submit = () => {
    if (!usable || isPending) return;
    if (runningId !== undefined) return add.mutate(text);
    const body = { prompt: text, ...(base && { baseGenerationId: base.id }) };
    create.mutate({ body, idempotencyKey: keyFor(JSON.stringify(body)) });
  };

  return (
    <div className="flex flex-col gap-2">
      <FormError error={error} />
      <PromptBox
        ref={ref}
        label="What should change?"
        placeholder={runningId === undefined ? "Ask for a change…" : "Add to the request…"}
        value={text}
        onChange={onChange}
        onSubmit={submit}
        maxChars={limits.promptMaxChars}
        rows={2}
        options={
          <span className="truncate pl-1.5 text-xs text-faint">
            {base && runningId === undefined ? (
              <span className="inline-flex items-center gap-1 rounded-full bg-sunken py-0.5 pr-1 pl-2.5 text-muted">
                from {base.name}
                <button
                  type="button"
                  aria-label="Start from the latest version"
                  onClick={onClearBase}
                  className="rounded-full p-0.5 hover:bg-hover"
                >
                  <X className="size-3" aria-hidden="true" />
                </button>
              </span>
            ) : (
              (blockedBecause ?? (runningId !== undefined && "Leo reads this after the current step"))
            )}
          </span>
        }
        action={
          <Button type="submit" variant="primary" size="small" disabled={!usable || isPending}>
            Send
          </Button>
        }
      />
    </div>
  );
};
