/** A generation followed over `/ws/ui` to its end, as the page does it. */
import { setTimeout as sleep } from "node:timers/promises";
import { stateOf } from "@leo/core/event-state.ts";
import { isFinal, type GenerationState } from "@leo/core/generation.ts";
import type { Event } from "@leo/core/event.ts";
import { FromBrowser, ToBrowser } from "@leo/core/protocol/ui.ts";
import { PROTOCOL } from "@leo/core/protocol/close-code.ts";
import { ProofError } from "./proof-error.ts";

const RECONNECTS_MAX = 5;
const RECONNECT_MS = 1_000;

export interface FollowOptions {
  url: string;
  accessToken: string;
  generationId: string;
  /** A run that has cost more is given up. */
  budgetUsd: number;
  say: (line: string) => void;
  signal: AbortSignal;
}

interface Progress {
  seq: number;
  state?: GenerationState;
  costUsd: number;
}

const socketUrl = (url: string) => new URL("/ws/ui", url.replace(/^http/, "ws")).href;

/** What one event means for the run; says what a person wants to know. */
const take = (event: Event, progress: Progress, { say, budgetUsd }: FollowOptions): void => {
  progress.seq = Math.max(progress.seq, event.seq);
  if (event.type === "attempt_progress") say(event.text ?? event.step.replaceAll("_", " "));
  if (event.type === "progress") say(event.text ?? event.step.replaceAll("_", " "));
  if (event.type === "usage") progress.costUsd = event.costUsd;
  if (progress.costUsd > budgetUsd) {
    throw new ProofError(`It has cost USD ${progress.costUsd.toFixed(2)}, which is more than it may.`);
  }
  if (event.type !== "state_changed") return;
  progress.state = stateOf(event.state);
  if (event.state === "failed") throw new ProofError(event.failure?.message ?? "The run failed.");
  if (event.state === "answered") throw new ProofError("The agent answered in words and built nothing.");
  if (event.state === "cancelled") throw new ProofError("Somebody cancelled the run.");
};

/** One connection. Resolves when the run is over or the connection is lost; rejects when it failed. */
const connect = async (options: FollowOptions, progress: Progress): Promise<string | undefined> => {
  const { url, accessToken, generationId, signal } = options;
  signal.throwIfAborted();
  const socket = new WebSocket(socketUrl(url), { headers: { origin: new URL(url).origin } });
  const send = (message: FromBrowser) => socket.send(JSON.stringify(message));
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const onAbort = () => reject(signal.reason as Error);
  signal.addEventListener("abort", onAbort, { once: true });
  socket.addEventListener("open", () => send({ type: "hello", protocol: PROTOCOL, accessToken }));
  socket.addEventListener("message", ({ data }) => {
    try {
      const message = ToBrowser.parse(JSON.parse(String(data)));
      if (message.type === "welcome")
        send(FromBrowser.parse({ type: "subscribe", generationId, since: progress.seq }));
      if (message.type === "error") throw new ProofError(message.message);
      if (message.type !== "events") return;
      for (const event of message.events) take(event, progress, options);
      if (progress.state && isFinal(progress.state)) resolve(undefined);
    } catch (error) {
      reject(error);
    }
  });
  socket.addEventListener("close", ({ code, reason }) => resolve(`${code} ${reason}`.trim()));
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    socket.close();
  }
};

/**
 * Follows a run until it is completed.
 * @returns what it cost by its own reports, in USD
 * @throws ProofError with the failure's sentence, or because the connection cannot be kept
 */
export const follow = async (options: FollowOptions): Promise<{ costUsd: number }> => {
  const progress: Progress = { seq: 0, costUsd: 0 };
  for (let lost = 0, seen = 0; ; lost += 1) {
    const closed = await connect(options, progress);
    if (closed === undefined) return { costUsd: progress.costUsd };
    if (progress.seq > seen) lost = 0;
    seen = progress.seq;
    if (lost >= RECONNECTS_MAX) throw new ProofError(`The live connection (/ws/ui) closes with ${closed}.`);
    await sleep(RECONNECT_MS, undefined, { signal: options.signal });
  }
};
