/** Pages that survive restarts, all in this process. */
import { serveCommands } from "../harness/child.ts";
import { until } from "@leo/local/testing/until.ts";
import { Follower, type Followed } from "./follower.ts";

const followers = new Map<string, Follower>();

const faults = () => [...followers.values()].flatMap(({ fault }) => fault ?? []);

const commands = {
  follow: async ({ url, followed }: { url: string; followed: Followed[] }) => {
    for (const each of followed) followers.set(each.generationId, new Follower(url, each));
  },
  /** The newest `seq` that each has, by generation. */
  lastSeqs: async () => new Map([...followers].map(([id, { lastSeq }]) => [id, lastSeq])),
  /** Resolves, with the time, once every page has events past these. */
  past: async ({ lastSeqs, timeoutMs }: { lastSeqs: Map<string, number>; timeoutMs: number }) => {
    await until(
      "every page to go on",
      () => [...followers].every(([id, { lastSeq }]) => lastSeq > (lastSeqs.get(id) ?? 0)),
      timeoutMs,
    );
    return Math.max(...[...followers.values()].map(({ lastAt }) => lastAt));
  },
  /** Resolves once every page has this `seq` of its generation. */
  complete: async (lastSeqs: Map<string, number>) => {
    await until(
      "every page to be complete",
      () => [...followers].every(([id, { lastSeq }]) => lastSeq === lastSeqs.get(id)),
      60_000,
    );
    return faults();
  },
  close: async () => {
    for (const follower of followers.values()) follower.close();
    followers.clear();
  },
};
export type Followers = typeof commands;

serveCommands(commands);
