import { Dialog } from "@base-ui/react/dialog";
import { useNavigate } from "@tanstack/react-router";
import { Command, defaultFilter } from "cmdk";
import { AppWindow, Ellipsis, House, Monitor, Moon, Sun, UserRound, type LucideIcon } from "lucide-react";
import { useState } from "react";
import { setTheme } from "../../../lib/theme.ts";
import { useOfferedCommands, type Command as PageCommand } from "../../../lib/commands.ts";
import { setPaletteOpen, usePaletteOpen } from "../palette-state.ts";
import { useFoundApps } from "../use-found-apps.ts";

interface EntryProps {
  icon: LucideIcon;
  /** Tells entries of the same name apart. */
  id?: string;
  name: string;
  onSelect: () => void;
}

const Entry = ({ icon: Icon, id, name, onSelect }: EntryProps) => (
  <Command.Item
    value={id ?? name}
    onSelect={onSelect}
    className="flex h-9 items-center gap-2.5 rounded-md px-2.5 text-[13px] select-none data-[selected=true]:bg-hover"
  >
    <Icon className="size-4 shrink-0 text-faint" aria-hidden="true" />
    <bdi className="truncate">{name}</bdi>
  </Command.Item>
);

const GROUP =
  "[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-faint";

const Palette = () => {
  const open = usePaletteOpen();
  const navigate = useNavigate();
  const [words, setWords] = useState("");
  const { apps, hasMore, showMore } = useFoundApps(words);
  const close = (then: () => void) => () => {
    setPaletteOpen(false);
    then();
  };
  const offered = useOfferedCommands();
  const groups: Record<string, readonly PageCommand[]> = {
    ...(offered.length > 0 && { "This app": offered }),
    "Go to": [
      { icon: House, name: "Home and new app", run: () => void navigate({ to: "/" }) },
      { icon: UserRound, name: "Account and usage", run: () => void navigate({ to: "/account" }) },
    ],
    Theme: [
      { icon: Sun, name: "Light theme", run: () => setTheme("light") },
      { icon: Moon, name: "Dark theme", run: () => setTheme("dark") },
      { icon: Monitor, name: "System theme", run: () => setTheme("system") },
    ],
  };
  return (
    <Dialog.Root open={open} onOpenChange={setPaletteOpen}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-scrim" />
        <Dialog.Popup className="fixed top-[14vh] left-1/2 z-50 w-[min(34rem,calc(100vw-2rem))] -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-surface shadow-float outline-none">
          <Dialog.Title className="sr-only">Search and commands</Dialog.Title>
          {/* The server has searched the apps; what it found is not to be sifted by name again. */}
          <Command label="Search and commands" loop shouldFilter={false}>
            <Command.Input
              autoFocus
              dir="auto"
              value={words}
              onValueChange={setWords}
              placeholder="Search apps and commands"
              className="h-12 w-full border-b border-line bg-transparent px-4 text-sm outline-none focus-visible:border-accent"
            />
            <Command.List className="max-h-[50vh] overflow-y-auto p-1.5">
              <Command.Empty className="px-2.5 py-6 text-center text-[13px] text-muted">
                No results
              </Command.Empty>
              {Object.entries(groups).map(([heading, actions]) => {
                const found = actions.filter(({ name }) => defaultFilter(name, words) > 0);
                return (
                  found.length > 0 && (
                    <Command.Group key={heading} heading={heading} className={GROUP}>
                      {found.map(({ icon, name, run }) => (
                        <Entry key={name} icon={icon} name={name} onSelect={close(run)} />
                      ))}
                    </Command.Group>
                  )
                );
              })}
              {apps.length > 0 && (
                <Command.Group heading="Apps" className={GROUP}>
                  {apps.map(({ id, name }) => (
                    <Entry
                      key={id}
                      icon={AppWindow}
                      id={id}
                      name={name}
                      onSelect={close(() => void navigate({ to: "/apps/$appId", params: { appId: id } }))}
                    />
                  ))}
                  {hasMore && <Entry icon={Ellipsis} name="Show more apps" onSelect={showMore} />}
                </Command.Group>
              )}
            </Command.List>
          </Command>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
};
export default Palette;
