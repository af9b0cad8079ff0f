/**
 * LISTEN on a connection of its own. A lost connection is made again with growing pauses, and after
 * each reconnect `onReconnected` runs, because notifications sent meanwhile are gone.
 */
import { Client } from "pg";
import type { Logger } from "pino";
import { becomeService, KEEP_ALIVE_MS } from "../db/database.ts";

export interface ListenerOptions {
  databaseUrl: string;
  log: Logger;
  /** What to do with a notification, by channel. */
  channels: Record<string, (payload: string) => void>;
  onReconnected: () => void;
}

const RETRY_MS = [100, 500, 1_000, 2_000, 5_000];

/** Starts listening; resolves once the first connection listens. Returns a function that ends it. */
export const listen = async (options: ListenerOptions): Promise<() => Promise<void>> => {
  let client: Client | undefined;
  let closed = false;
  let failures = 0;
  let retry: NodeJS.Timeout | undefined;

  const connect = async (): Promise<void> => {
    const next = new Client({
      connectionString: options.databaseUrl,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      connectionTimeoutMillis: 10_000,
      application_name: "leo-listener",
    });
    const lost = (cause?: Error) => {
      // Before it listens, a failure rejects `connect` instead.
      if (closed || client !== next) return;
      client = undefined;
      options.log.warn({ err: cause, event: "listener_lost" }, "the notification connection was lost");
      schedule();
    };
    next.on("error", lost);
    next.on("end", () => lost());
    next.on("notification", ({ channel, payload }) => options.channels[channel]?.(payload ?? ""));
    await next.connect();
    await becomeService(next);
    for (const channel of Object.keys(options.channels)) await next.query(`listen ${channel}`);
    if (closed) return next.end();
    client = next;
    failures = 0;
    return undefined;
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
  return async () => {
    closed = true;
    clearTimeout(retry);
    await client?.end();
  };
};
