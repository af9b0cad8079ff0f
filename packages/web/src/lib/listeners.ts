/** Whoever wants to know that something has changed: the half of a store that `useSyncExternalStore` asks for. */
export const createListeners = () => {
  const listeners = new Set<() => void>();
  return {
    /** @returns what ends the subscription */
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    notify: () => {
      for (const listener of listeners) listener();
    },
  };
};
