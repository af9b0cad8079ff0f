import { Popover } from "@base-ui/react/popover";
import type { LucideIcon } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";
import { useOfferCommands } from "../lib/commands.ts";
import { buttonClass, type ButtonStyle } from "./ui/button.tsx";

interface HeaderPopoverProps {
  /** Its title, and its name in the palette. */
  title: string;
  description: string;
  icon: LucideIcon;
  /** What is on the button. */
  button: ReactNode;
  variant?: ButtonStyle["variant"];
  children: ReactNode;
}

/** A button in the header of an app, and what it opens. */
export const HeaderPopover = ({
  title,
  description,
  icon,
  button,
  variant,
  children,
}: HeaderPopoverProps) => {
  const [open, setOpen] = useState(false);
  useOfferCommands(useMemo(() => [{ icon, name: title, run: () => setOpen(true) }], [icon, title]));
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger className={buttonClass({ size: "small", variant })}>{button}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="end" className="z-50 outline-none">
          <Popover.Popup className="max-h-[calc(100dvh-5rem)] w-[min(26rem,calc(100vw-1.5rem))] overflow-y-auto rounded-xl border border-line bg-surface p-4 shadow-float outline-none">
            <Popover.Title className="text-sm font-semibold">{title}</Popover.Title>
            <Popover.Description className="mt-1 text-xs text-muted">{description}</Popover.Description>
            {children}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
};
