/**
 * LISTEN on a connection of its own. A lost connection is made again with growing pauses, and after
 * each reconnect `onReconnected` runs, because notifications sent meanwhile are gone. It is asked
 * something now and then: one that only waits would never learn that nobody is there to notify it.
 */
import { Client } from "pg";
import type { Logger } from "pino";
import { becomeService, connectionOptions } from "../db/connection.ts";
import { DATABASE_TIMES, type DatabaseTimes } from "../timeouts.ts";

export interface ListenerOptions {
  databaseUrl: string;
  times?: DatabaseTimes;
  log: Logger;
  /** What to do with a notification, by channel. */
  channels: Record<string, (payload: string) => void>;
  onReconnected: () => void;
}

const RETRY_MS = [100, 500, 1_000, 2_000, 5_000];

export interface Listener {
  /** Notifies all that listen. @returns false while there is no connection */
  notify(channel: string, payloads: string[]): Promise<boolean>;
  stop(): Promise<void>;
}

/** Starts listening; resolves once the first connection listens. */
export const listen = async (options: ListenerOptions): Promise<Listener> => {
  const { times = DATABASE_TIMES } = options;
  let client: Client | undefined;
  let closed = false;
  let failures = 0;
  let retry: NodeJS.Timeout | undefined;
  let question: NodeJS.Timeout | undefined;

  const connect = async (): Promise<void> => {
    const next = new Client(connectionOptions(options.databaseUrl, "leo-listener", times.connectMs));
    const lost = (cause?: Error) => {
      // Before it listens, a failure rejects `connect` instead.
      if (closed || client !== next) return;
      client = undefined;
      clearTimeout(question);
      options.log.warn({ err: cause, event: "listener_lost" }, "the notification connection was lost");
      schedule();
    };
    next.on("error", lost);
    next.on("end", () => lost());
    next.on("notification", ({ channel, payload }) => options.channels[channel]?.(payload ?? ""));
    await next.connect();
    try {
      await becomeService(next, "leo-listener", times);
      for (const channel of Object.keys(options.channels)) await next.query(`listen ${channel}`);
    } catch (cause) {
      await next.end();
      throw cause;
    }
    if (closed) return next.end();
    client = next;
    failures = 0;
    ask(next);
    return undefined;
  };

  const ask = (asked: Client) => {
    if (client !== asked) return;
    question = setTimeout(() => {
      const failed = (cause: unknown) => {
        // A lost connection has already been reported.
        if (client !== asked) return undefined;
        options.log.warn({ err: cause, event: "listener_unanswered" }, "the notification connection failed");
        return asked.end();
      };
      void asked.query("select 1").then(() => ask(asked), failed);
    }, times.idleMs);
  };

  const schedule = () => {
    const delayMs = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 5_000;
    failures += 1;
    retry = setTimeout(() => {
      connect().then(options.onReconnected, (cause: unknown) => {
        options.log.warn({ err: cause, event: "listener_retry" }, "the notification connection failed");
        if (!closed) schedule();
      });
    }, delayMs);
  };

  await connect();
  return {
    notify: async (channel, payloads) => {
      const asked = client;
      if (!asked) return false;
      return asked.query("select pg_notify($1, said) from unnest($2::text[]) said", [channel, payloads]).then(
        () => true,
        // A connection that fails is seen by `ask`, or has been reported already.
        () => false,
      );
    },
    stop: async () => {
      closed = true;
      clearTimeout(retry);
      clearTimeout(question);
      await client?.end();
    },
  };
};
