import type { Reception } from "./reception.ts";

export interface Reader {
  reception: Reception;
  /** Settles when it is connected and will get every later event. */
  ready: Promise<void>;
  close: () => void;
}

/** Connections that are being made at the same time. */
const CONNECTING_MAX = 50;

/** The commands of a process that holds browsers, whatever they are connected to. */
export const readers = () => {
  const open: Reader[] = [];
  return {
    connect: async (openers: (() => Reader)[]): Promise<void> => {
      const waiting = [...openers];
      const connectOneByOne = async () => {
        for (let opener = waiting.shift(); opener; opener = waiting.shift()) {
          const reader = opener();
          open.push(reader);
          await reader.ready;
        }
      };
      await Promise.all(Array.from({ length: CONNECTING_MAX }, connectOneByOne));
    },
    /** From now on each browser keeps the times of so many events. */
    expect: async (events: number): Promise<void> => {
      for (const { reception } of open) reception.expect(events);
    },
    /** Resolves once every browser has received what it expects, with the times, in order of connecting. */
    received: (): Promise<Float64Array[]> => Promise.all(open.map(({ reception }) => reception.received())),
    disconnect: async (): Promise<void> => {
      for (const { close } of open.splice(0)) close();
    },
  };
};
