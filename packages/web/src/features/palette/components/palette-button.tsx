import { Search } from "lucide-react";
import { openPalette } from "../palette-state.ts";

const SHORTCUT = navigator.platform.startsWith("Mac") ? "⌘K" : "Ctrl K";

export const PaletteButton = () => (
  <button
    type="button"
    onClick={openPalette}
    className="inline-flex h-8 items-center gap-2 rounded-lg px-2.5 text-xs text-faint transition-colors hover:bg-hover hover:text-ink"
  >
    <Search className="size-4" aria-hidden="true" />
    <span className="sr-only">Search and commands</span>
    <kbd className="hidden font-sans sm:inline">{SHORTCUT}</kbd>
  </button>
);
