/**
 * What can be done with the app that is open. The parts of its page offer their commands while they are there;
 * the palette lists them before those that are always there.
 */
import type { LucideIcon } from "lucide-react";
import { useEffect, useSyncExternalStore } from "react";
import { createListeners } from "./listeners.ts";

export interface Command {
  icon: LucideIcon;
  name: string;
  run: () => void;
}

let groups: readonly (readonly Command[])[] = [];
let offered: readonly Command[] = [];
const { subscribe, notify } = createListeners();

const setGroups = (next: typeof groups) => {
  groups = next;
  offered = next.flat();
  notify();
};

/** @param commands the same array as long as they are the same */
export const useOfferCommands = (commands: readonly Command[]) => {
  useEffect(() => {
    setGroups([...groups, commands]);
    return () => setGroups(groups.filter((other) => other !== commands));
  }, [commands]);
};

export const useOfferedCommands = () => useSyncExternalStore(subscribe, () => offered);
