import { Switch } from "@base-ui/react/switch";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { toast } from "sonner";
import type { ChangeAppPublishing } from "@leo/core/publishing.ts";
import { Button } from "../../../components/ui/button.tsx";
import { ConfirmDialog } from "../../../components/ui/confirm-dialog.tsx";
import { errorMessage } from "../../../lib/errors.ts";
import { changePublishing, publishingQuery } from "../api/app-publishing.ts";

/** Where an app's versions go on GitHub, and whether by themselves. */
export const AppPublishing = ({ appId }: { appId: string }) => {
  const switchId = useId();
  const queryClient = useQueryClient();
  const { queryKey } = publishingQuery(appId);
  const { data, error } = useQuery(publishingQuery(appId));
  const [disconnecting, setDisconnecting] = useState(false);
  const { mutate, isPending } = useMutation({
    mutationFn: (body: ChangeAppPublishing) => changePublishing(appId, body),
    onSuccess: (changed) => queryClient.setQueryData(queryKey, changed),
    onError: (cause) => toast.error(errorMessage(cause)),
  });
  if (error && !data) return <p className="px-4 py-3 text-xs text-bad">{errorMessage(error)}</p>;
  if (!data) return null;
  const { automatic, repository, invitedLogin, invitationFailure } = data;
  return (
    <section aria-label="GitHub" className="border-t border-line px-4 py-3.5 text-[13px]">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <p className="min-w-0 flex-1 basis-64 text-muted">
          {repository ? "Pushed to " : "Leo pushes versions to a private repository that it creates."}
          {repository && (
            <a href={repository.url} target="_blank" rel="noreferrer" className="text-ink underline">
              {repository.name}
            </a>
          )}
          {invitedLogin && `, to which ${invitedLogin} is invited`}
        </p>
        <label htmlFor={switchId} className="flex items-center gap-2">
          <Switch.Root
            id={switchId}
            checked={automatic}
            disabled={isPending}
            onCheckedChange={(checked) => mutate({ automatic: checked })}
            className="flex h-5 w-9 rounded-full bg-line-strong p-0.5 transition-colors data-checked:bg-accent"
          >
            <Switch.Thumb className="size-4 rounded-full bg-surface transition-transform data-checked:translate-x-4" />
          </Switch.Root>
          Push every version
        </label>
        {repository && (
          <Button size="small" disabled={isPending} onClick={() => setDisconnecting(true)}>
            Disconnect
          </Button>
        )}
      </div>
      {invitationFailure && <p className="mt-1 text-xs text-bad">{invitationFailure}</p>}
      <ConfirmDialog
        open={disconnecting}
        onOpenChange={setDisconnecting}
        title="Disconnect the repository?"
        confirmLabel="Disconnect"
        onConfirm={() => mutate({ repository: null })}
      >
        Nothing changes on GitHub. The next version you push goes into a new repository.
      </ConfirmDialog>
    </section>
  );
};
