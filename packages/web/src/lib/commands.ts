/**
 * What can be done with the app that is open. The parts of its page offer their commands while they are there;
 * the palette lists them before those that are always there.
 */
import type { LucideIcon } from "lucide-react";
import { useEffect, useSyncExternalStore } from "react";

export interface Command {
  icon: LucideIcon;
  name: string;
  run: () => void;
}

let groups: readonly (readonly Command[])[] = [];
let offered: readonly Command[] = [];
const listeners = new Set<() => void>();

const publish = (next: typeof groups) => {
  groups = next;
  offered = next.flat();
  for (const listener of listeners) listener();
};

/** @param commands the same array as long as they are the same */
export const useOfferCommands = (commands: readonly Command[]) => {
  useEffect(() => {
    publish([...groups, commands]);
    return () => publish(groups.filter((other) => other !== commands));
  }, [commands]);
};

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
};

export const useOfferedCommands = () => useSyncExternalStore(subscribe, () => offered);
