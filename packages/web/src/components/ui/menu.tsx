import { Menu as Base } from "@base-ui/react/menu";
import { clsx } from "clsx";
import type { ReactElement, ReactNode } from "react";

interface MenuProps {
  /** Names the landmark that the open menu is. */
  label: string;
  /** The button that opens it. */
  trigger: ReactElement<Record<string, unknown>>;
  align?: "start" | "center" | "end";
  children: ReactNode;
}

export const Menu = ({ label, trigger, align = "end", children }: MenuProps) => (
  <Base.Root>
    <Base.Trigger render={trigger} />
    <Base.Portal render={<nav aria-label={label} />}>
      <Base.Positioner sideOffset={6} align={align} className="z-50 outline-none">
        <Base.Popup className="min-w-48 rounded-lg border border-line bg-surface p-1 shadow-float outline-none transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0">
          {children}
        </Base.Popup>
      </Base.Positioner>
    </Base.Portal>
  </Base.Root>
);

export const menuItemClass =
  "flex w-full items-center gap-2.5 rounded-md px-2.5 py-1.5 text-sm -outline-offset-2 select-none data-highlighted:bg-hover data-disabled:opacity-45";

interface MenuItemProps {
  icon?: ReactNode;
  onClick?: () => void;
  danger?: boolean;
  /** Stays open after a click, for items that step through values. */
  keepOpen?: boolean;
  disabled?: boolean;
  /** A link in place of the plain item. */
  render?: ReactElement<Record<string, unknown>>;
  children: ReactNode;
}

export const MenuItem = ({ icon, danger, keepOpen = false, children, ...props }: MenuItemProps) => (
  <Base.Item className={clsx(menuItemClass, danger && "text-bad")} closeOnClick={!keepOpen} {...props}>
    {icon && <span className={danger ? undefined : "text-faint"}>{icon}</span>}
    {children}
  </Base.Item>
);

export const MenuSeparator = () => <Base.Separator className="mx-2 my-1 h-px bg-line" />;

export const MenuLabel = ({ children }: { children: ReactNode }) => (
  <div className="truncate px-2.5 pt-1.5 pb-1 text-xs text-faint">{children}</div>
);
