import { Tooltip } from "@base-ui/react/tooltip";
import { clsx } from "clsx";
import type { ComponentProps, ReactNode } from "react";
import { buttonClass, type ButtonStyle } from "./button.tsx";

interface IconButtonProps extends ComponentProps<"button"> {
  /** The accessible name, also shown as the tooltip. */
  label: string;
  variant?: ButtonStyle["variant"];
  children: ReactNode;
}

export const IconButton = ({ label, variant = "ghost", className, children, ...props }: IconButtonProps) => (
  <Tooltip.Root>
    <Tooltip.Trigger
      aria-label={label}
      className={clsx(buttonClass({ variant, size: "icon" }), className)}
      {...props}
    >
      {children}
    </Tooltip.Trigger>
    <TooltipPopup>{label}</TooltipPopup>
  </Tooltip.Root>
);

export const TooltipPopup = ({ children }: { children: ReactNode }) => (
  <Tooltip.Portal>
    <Tooltip.Positioner sideOffset={6} className="z-50">
      <Tooltip.Popup className="max-w-72 rounded-md bg-ink px-2 py-1 text-xs text-canvas shadow-float transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0">
        {children}
      </Tooltip.Popup>
    </Tooltip.Positioner>
  </Tooltip.Portal>
);
