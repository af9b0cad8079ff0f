import { Dialog } from "@base-ui/react/dialog";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { AppWindow, House, Monitor, Moon, Sun, UserRound, type LucideIcon } from "lucide-react";
import { setTheme } from "../../../lib/theme.ts";
import { appsQuery } from "../../apps/api/list-apps.ts";
import { setPaletteOpen, usePaletteOpen } from "../palette-state.ts";

interface EntryProps {
  icon: LucideIcon;
  /** Tells entries of the same name apart. */
  id?: string;
  name: string;
  onSelect: () => void;
}

const Entry = ({ icon: Icon, id, name, onSelect }: EntryProps) => (
  <Command.Item
    value={id ? `${name} ${id}` : name}
    onSelect={() => {
      setPaletteOpen(false);
      onSelect();
    }}
    className="flex h-9 items-center gap-2.5 rounded-md px-2.5 text-[13px] select-none data-[selected=true]:bg-hover"
  >
    <Icon className="size-4 shrink-0 text-faint" aria-hidden="true" />
    <span className="truncate">{name}</span>
  </Command.Item>
);

const GROUP =
  "[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-faint";

const Palette = () => {
  const open = usePaletteOpen();
  const navigate = useNavigate();
  const { data } = useInfiniteQuery(appsQuery());
  const apps = data?.pages.flatMap((page) => page.apps) ?? [];
  return (
    <Dialog.Root open={open} onOpenChange={setPaletteOpen}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-scrim" />
        <Dialog.Popup className="fixed top-[14vh] left-1/2 z-50 w-[min(34rem,calc(100vw-2rem))] -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-surface shadow-float outline-none">
          <Dialog.Title className="sr-only">Search and commands</Dialog.Title>
          <Command label="Search and commands" loop>
            <Command.Input
              autoFocus
              placeholder="Search apps and commands"
              className="h-12 w-full border-b border-line bg-transparent px-4 text-sm outline-none"
            />
            <Command.List className="max-h-[50vh] overflow-y-auto p-1.5">
              <Command.Empty className="px-2.5 py-6 text-center text-[13px] text-muted">
                Nothing is called that.
              </Command.Empty>
              {apps.length > 0 && (
                <Command.Group heading="Apps" className={GROUP}>
                  {apps.map((app) => (
                    <Entry
                      key={app.id}
                      icon={AppWindow}
                      id={app.id}
                      name={app.name}
                      onSelect={() => void navigate({ to: "/apps/$appId", params: { appId: app.id } })}
                    />
                  ))}
                </Command.Group>
              )}
              <Command.Group heading="Go to" className={GROUP}>
                <Entry icon={House} name="Home and new app" onSelect={() => void navigate({ to: "/" })} />
                <Entry
                  icon={UserRound}
                  name="Account and usage"
                  onSelect={() => void navigate({ to: "/account" })}
                />
              </Command.Group>
              <Command.Group heading="Theme" className={GROUP}>
                <Entry icon={Sun} name="Light theme" onSelect={() => setTheme("light")} />
                <Entry icon={Moon} name="Dark theme" onSelect={() => setTheme("dark")} />
                <Entry icon={Monitor} name="Theme of the system" onSelect={() => setTheme("system")} />
              </Command.Group>
            </Command.List>
          </Command>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
};
export default Palette;
