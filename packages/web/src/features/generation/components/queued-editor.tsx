import { isBlank } from "@leo/core/blank.ts";
import { PromptBox } from "../../../components/prompt-box.tsx";
import { Button } from "../../../components/ui/button.tsx";
import { FormError } from "../../../components/ui/form-error.tsx";
import { useConfig } from "../../../lib/config.ts";

interface QueuedEditorProps {
  text: string;
  onChange: (text: string) => void;
  onSave: () => void;
  onDiscard: () => void;
  saving: boolean;
  error: Error | null;
}

/** Another text for a request that waits. Escape leaves it as it was. */
export const QueuedEditor = ({ text, onChange, onSave, onDiscard, saving, error }: QueuedEditorProps) => {
  const { limits } = useConfig();
  const usable = !isBlank(text) && text.length <= limits.promptMaxChars;
  return (
    <div
      role="presentation"
      className="flex flex-col gap-2"
      onKeyDown={(event) => {
        if (event.key === "Escape") onDiscard();
      }}
    >
      <FormError error={error} />
      <PromptBox
        label="Queued request"
        value={text}
        onChange={onChange}
        onSubmit={() => {
          if (usable && !saving) onSave();
        }}
        maxChars={limits.promptMaxChars}
        rows={2}
        autoFocus
        action={
          <>
            <Button variant="ghost" size="small" onClick={onDiscard}>
              Discard
            </Button>
            <Button type="submit" variant="primary" size="small" disabled={!usable || saving}>
              Save
            </Button>
          </>
        }
      />
    </div>
  );
};
