/**
 * The other orchestrators of the stage: who is there, and what each has counted since its last beat.
 *
 * Every orchestrator beats twice a second through its listening connection: first what its topics have
 * to say, then the beat itself. Who is silent for 3 s is gone, and with it what it counted; one that ends
 * says so. Two that hear each other for the first time, or again after notifications were lost, say all
 * that they count; later only what has changed. Nothing is stored, and alone there is nothing to say.
 */
import type { Logger } from "pino";
import { repeat } from "../repeat.ts";
import { beat, farewell, parsePeerMessage, pieces, type Entry } from "./message.ts";

/** Something that orchestrators count together. */
export interface Topic {
  name: string;
  /** What is new since the last call. @param isFull all that there is, for one that has heard nothing yet */
  collect(isFull: boolean): Entry[];
  /** @param isFull what this peer said before does not count any more */
  receive(peer: string, entries: Entry[], isFull: boolean): void;
  /** A peer's beat: all that it had to say by then is received. */
  beaten?(peer: string): void;
  /** A peer is gone, and what it counted with it. */
  left?(peer: string): void;
}

export interface PeersOptions {
  /** This process's own name. */
  name: string;
  log: Logger;
  topics: Topic[];
  /** Sends notifications to all that listen. @returns false while there is no connection */
  notify: (payloads: string[]) => Promise<boolean>;
}

export interface Peers {
  /** Orchestrators at work, this one included. */
  readonly count: number;
  /** A notification came. */
  receive(payload: string): void;
  /** Notifications may have been lost: everybody is asked anew. */
  forget(): void;
  /** Says that this one ends. */
  stop(): Promise<void>;
}

export const BEAT_MS = 500;
export const SILENT_MS = 3_000;

interface Peer {
  heardAtMs: number;
  /** Topics of which it has said all. */
  told: Set<string>;
}

export const startPeers = ({ name, log, topics, notify }: PeersOptions): Peers => {
  const peers = new Map<string, Peer>();
  let isAsked = false;

  const remove = (peer: string, why: string) => {
    if (!peers.delete(peer)) return;
    log.info({ event: "peer_gone", peer, why, peers: peers.size }, "another orchestrator is gone");
    for (const topic of topics) topic.left?.(peer);
  };

  const know = (from: string): Peer => {
    const known = peers.get(from);
    if (known) return known;
    const peer = { heardAtMs: 0, told: new Set<string>() };
    peers.set(from, peer);
    // It may have missed what was said while this one knew of nobody.
    isAsked = true;
    log.info({ event: "peer_heard", peer: from, peers: peers.size }, "another orchestrator is there");
    return peer;
  };

  const dropSilent = () => {
    const beforeMs = performance.now() - SILENT_MS;
    for (const [peer, { heardAtMs }] of peers) if (heardAtMs < beforeMs) remove(peer, "silent");
  };

  const lacks = ({ told }: Peer) => topics.some((topic) => !told.has(topic.name));

  const work = repeat("peers", BEAT_MS, log, async () => {
    dropSilent();
    const isFull = isAsked;
    isAsked = false;
    const said = topics.flatMap((topic) => {
      const entries = topic.collect(isFull);
      return peers.size === 0 && !isFull ? [] : pieces(name, topic.name, entries, isFull);
    });
    const isSent = await notify([...said, beat(name, [...peers.values()].some(lacks))]);
    // Whoever listens by then has missed it.
    if (!isSent) isAsked = true;
  });

  return {
    get count() {
      return peers.size + 1;
    },
    receive: (payload) => {
      const message = parsePeerMessage(payload);
      if (!message || message.from === name) return;
      const { from, topic: about, entries, isFull } = message;
      if (message.leaves) {
        remove(from, "ended");
        return;
      }
      const peer = know(from);
      peer.heardAtMs = performance.now();
      if (message.asks) isAsked = true;
      const topic = topics.find((one) => one.name === about);
      if (topic) {
        if (isFull) peer.told.add(topic.name);
        // Changes of something unknown would be counted wrong.
        if (peer.told.has(topic.name)) topic.receive(from, entries, isFull);
        return;
      }
      if (about !== undefined) return;
      for (const one of topics) one.beaten?.(from);
    },
    forget: () => {
      for (const peer of peers.keys()) remove(peer, "unheard");
    },
    stop: async () => {
      await work.stop();
      await notify([farewell(name)]);
    },
  };
};
