import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronDown, Pencil, Trash2 } from "lucide-react";
import { useMemo, useState } from "react";
import { toast } from "sonner";
import { LIMITS } from "@leo/core/limits.ts";
import type { App } from "@leo/core/generation.ts";
import { ConfirmDialog } from "../../../components/ui/confirm-dialog.tsx";
import { Menu, MenuItem } from "../../../components/ui/menu.tsx";
import { useOfferCommands } from "../../../lib/commands.ts";
import { useAction } from "../../../lib/use-action.ts";
import { appKeys, deleteAppMutation, renameAppMutation } from "../api.ts";

/** The app's name, with what can be done to the app itself. */
export const AppName = ({ app }: { app: App }) => {
  const [renaming, setRenaming] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const rename = useAction(renameAppMutation(app.id));
  const remove = useAction({
    ...deleteAppMutation(app.id),
    onSuccess: async () => {
      await navigate({ to: "/" });
      queryClient.removeQueries({ queryKey: appKeys.one(app.id) });
      toast("App deleted");
    },
  });

  const commands = useMemo(
    () => [
      { icon: Pencil, name: "Rename app", run: () => setRenaming(true) },
      { icon: Trash2, name: "Delete app", run: () => setDeleting(true) },
    ],
    [],
  );
  useOfferCommands(commands);

  const finish = (name: string) => {
    setRenaming(false);
    const trimmed = name.trim();
    if (trimmed !== "" && trimmed !== app.name) rename.mutate(trimmed);
  };

  if (renaming) {
    return (
      <input
        aria-label="App name"
        dir="auto"
        defaultValue={app.name}
        maxLength={LIMITS.appNameMaxChars}
        autoFocus
        onFocus={(event) => event.target.select()}
        onBlur={(event) => finish(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") finish(event.currentTarget.value);
          if (event.key === "Escape") setRenaming(false);
        }}
        className="h-8 w-64 min-w-0 rounded-md border border-line bg-surface px-2 text-sm font-medium"
      />
    );
  }
  return (
    <>
      <h1 className="min-w-0">
        <Menu
          label="App"
          align="start"
          trigger={
            <button
              type="button"
              title={app.name}
              className="flex h-8 max-w-full min-w-0 items-center gap-1 rounded-md px-1.5 text-sm font-medium hover:bg-hover"
            >
              <span dir="auto" className="truncate">
                {rename.isPending ? rename.variables : app.name}
              </span>
              <ChevronDown className="size-3.5 shrink-0 text-faint" aria-hidden="true" />
            </button>
          }
        >
          <MenuItem icon={<Pencil className="size-4" />} onClick={() => setRenaming(true)}>
            Rename
          </MenuItem>
          <MenuItem icon={<Trash2 className="size-4" />} danger onClick={() => setDeleting(true)}>
            Delete app
          </MenuItem>
        </Menu>
      </h1>
      <ConfirmDialog
        open={deleting}
        onOpenChange={setDeleting}
        title={
          <>
            Delete “<bdi>{app.name}</bdi>”?
          </>
        }
        confirmLabel="Delete app"
        onConfirm={() => remove.mutate()}
      >
        This deletes all its versions and files. You can't undo it.
      </ConfirmDialog>
    </>
  );
};
