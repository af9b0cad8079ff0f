import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { AppGithub } from "@leo/core/github.ts";
import { Loaded } from "../../../components/loaded.tsx";
import { Button } from "../../../components/ui/button.tsx";
import { ConfirmDialog } from "../../../components/ui/confirm-dialog.tsx";
import { Switch } from "../../../components/ui/switch.tsx";
import { useAction } from "../../../lib/use-action.ts";
import { changeRepositoryMutation, repositoryQuery } from "../api.ts";

/** Where an app's versions go on GitHub, and whether by themselves. */
export const AppRepository = ({ appId }: { appId: string }) => (
  <section aria-label="GitHub" className="border-t border-line px-4 py-3.5 text-[13px]">
    <Loaded query={useQuery(repositoryQuery(appId))}>
      {(data) => <Repository appId={appId} data={data} />}
    </Loaded>
  </section>
);

const Repository = ({ appId, data }: { appId: string; data: AppGithub }) => {
  const [disconnecting, setDisconnecting] = useState(false);
  const { mutate, isPending } = useAction(changeRepositoryMutation(appId));
  const { automatic, repository, invitedLogin, invitationFailure } = data;
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <p className="min-w-0 flex-1 basis-64 text-muted">
          {repository ? "Pushed to " : "Leo pushes versions to a private repository that it creates."}
          {repository && (
            <a href={repository.url} target="_blank" rel="noreferrer" className="text-ink underline">
              {repository.name}
            </a>
          )}
          {invitedLogin && `. ${invitedLogin} is invited.`}
        </p>
        <Switch
          label="Push every version"
          checked={automatic}
          disabled={isPending}
          onChange={(checked) => mutate({ automatic: checked })}
          className="flex flex-row-reverse items-center gap-2"
        />
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
        Nothing changes on GitHub. The next version you push goes to a new repository.
      </ConfirmDialog>
    </>
  );
};
