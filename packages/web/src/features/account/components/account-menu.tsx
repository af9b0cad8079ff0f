import { Link } from "@tanstack/react-router";
import { Gauge, LogOut, Monitor, Moon, Sun, UserRound } from "lucide-react";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "../../../components/ui/menu.tsx";
import { useIsAdmin, useSession } from "../../../lib/session.ts";
import { setTheme, THEMES, useTheme, type Theme } from "../../../lib/theme.ts";
import { useAction } from "../../../lib/use-action.ts";
import { signOutMutation } from "../../auth/api.ts";

const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon } as const;
const THEME_NAMES: Record<Theme, string> = {
  system: "Theme: system",
  light: "Theme: light",
  dark: "Theme: dark",
};

const nextTheme = (theme: Theme): Theme => THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";

export const AccountMenu = () => {
  const session = useSession();
  const isAdmin = useIsAdmin();
  const theme = useTheme();
  const { mutate } = useAction(signOutMutation);
  const email = session?.user.email ?? "Signed in";
  const ThemeIcon = THEME_ICONS[theme];
  return (
    <Menu
      label="Account"
      trigger={
        <button
          type="button"
          className="grid size-8 shrink-0 place-items-center rounded-full border border-line bg-surface text-xs font-semibold text-muted uppercase transition-colors hover:border-line-strong hover:text-ink"
        >
          <span aria-hidden="true">{email.slice(0, 1)}</span>
          <span className="sr-only">Account</span>
        </button>
      }
    >
      <MenuLabel>{email}</MenuLabel>
      <MenuItem icon={<UserRound className="size-4" />} render={<Link to="/account" />}>
        Account
      </MenuItem>
      {isAdmin && (
        <MenuItem icon={<Gauge className="size-4" />} render={<Link to="/admin" />}>
          Operations
        </MenuItem>
      )}
      <MenuItem icon={<ThemeIcon className="size-4" />} keepOpen onClick={() => setTheme(nextTheme(theme))}>
        {THEME_NAMES[theme]}
      </MenuItem>
      <MenuSeparator />
      <MenuItem icon={<LogOut className="size-4" />} onClick={() => mutate()}>
        Sign out
      </MenuItem>
    </Menu>
  );
};
