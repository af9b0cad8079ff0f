import { isBlank } from "@leo/core/blank.ts";
import { Toggle } from "@base-ui/react/toggle";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { clsx } from "clsx";
import { ListTodo } from "lucide-react";
import { useRef, useState } from "react";
import { PromptBox } from "../../../components/prompt-box.tsx";
import { Button } from "../../../components/ui/button.tsx";
import { FormError } from "../../../components/ui/form-error.tsx";
import { useConfig } from "../../../lib/config.ts";
import { useDraft } from "../../../lib/draft.ts";
import { useIdempotencyKey } from "../../../lib/use-idempotency-key.ts";
import { createAppMutation } from "../api.ts";
import { Examples } from "./examples.tsx";

/** @param initialPrompt only fills the box: a link must never start a run */
export const NewAppForm = ({ initialPrompt }: { initialPrompt: string }) => {
  const { limits } = useConfig();
  const [prompt, setPrompt, promptSent] = useDraft("new", initialPrompt);
  const [planFirst, setPlanFirst] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const { keyFor } = useIdempotencyKey();
  const navigate = useNavigate();
  const mode = planFirst ? "plan_first" : "autonomous";

  const { mutate, isPending, error, reset } = useMutation({
    ...createAppMutation,
    onSuccess: async ({ app }, { body }) => {
      promptSent(body.prompt);
      await navigate({ to: "/apps/$appId", params: { appId: app.id } });
    },
  });

  const usable = !isBlank(prompt) && prompt.length <= limits.promptMaxChars;
  const submit = () => {
    if (usable && !isPending) mutate({ body: { prompt, mode }, idempotencyKey: keyFor(`${mode} ${prompt}`) });
  };
  const choose = (example: string) => {
    reset();
    setPrompt(example);
    box.current?.focus();
  };

  return (
    <div className="flex flex-col gap-3">
      <PromptBox
        ref={box}
        label="What should Leo build?"
        placeholder="A todo list with dark mode…"
        value={prompt}
        onChange={setPrompt}
        onSubmit={submit}
        maxChars={limits.promptMaxChars}
        rows={3}
        autoFocus
        options={
          <Toggle
            pressed={planFirst}
            onPressedChange={setPlanFirst}
            title="Leo proposes a plan and waits for your reply before building"
            className={clsx(
              "inline-flex h-8 items-center gap-1.5 rounded-lg px-2.5 text-xs font-medium transition-colors",
              planFirst ? "bg-accent-soft text-accent" : "text-muted hover:bg-hover hover:text-ink",
            )}
          >
            <ListTodo className="size-3.5" aria-hidden="true" />
            Plan first
          </Toggle>
        }
        action={
          <Button type="submit" variant="primary" disabled={!usable || isPending}>
            {isPending ? "Sending…" : "Build it"}
          </Button>
        }
      />
      <FormError error={error} />
      <Examples onChoose={choose} />
    </div>
  );
};
