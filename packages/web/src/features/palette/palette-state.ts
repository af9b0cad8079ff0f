import { useSyncExternalStore } from "react";
import { createListeners } from "../../lib/listeners.ts";

let open = false;
const { subscribe, notify } = createListeners();

export const setPaletteOpen = (next: boolean) => {
  open = next;
  notify();
};

export const openPalette = () => setPaletteOpen(true);

export const usePaletteOpen = () => useSyncExternalStore(subscribe, () => open);
