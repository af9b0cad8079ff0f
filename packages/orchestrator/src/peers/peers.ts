/**
 * The other orchestrators of the stage: who is there, and what each has counted since its last beat.
 *
 * Every orchestrator beats twice a second through its listening connection: first its topics' news, then the
 * beat itself. One that is silent for 3 s is gone, and its counts with it; one that shuts down says so. Two that
 * meet for the first time, or again after notifications were lost, exchange all their counts; after that only
 * changes. Nothing is stored, and an orchestrator that is alone sends nothing.
 */
import type { Logger } from "pino";
import { repeat } from "../repeat.ts";
import { beat, farewell, parsePeerMessage, pieces, type Entry } from "./message.ts";

/** Something that orchestrators count together. */
export interface Topic {
  name: string;
  /** What is new since the last call. @param isFull everything, for a peer that has received nothing yet */
  collect(isFull: boolean): Entry[];
  /** @param isFull replaces everything this peer has sent before */
  receive(peer: string, entries: Entry[], isFull: boolean): void;
  /** A peer's beat: everything it sent before has been received. */
  beaten?(peer: string): void;
  /** A peer is gone, and its counts with it. */
  left?(peer: string): void;
}

export interface PeersOptions {
  /** This process's own name. */
  name: string;
  log: Logger;
  topics: Topic[];
  /** Notifies every listener. @returns false while there is no connection */
  notify: (payloads: string[]) => Promise<boolean>;
}

export interface Peers {
  /** Orchestrators at work, this one included. */
  readonly count: number;
  /** A notification arrived. */
  receive(payload: string): void;
  /** Notifications may have been lost: asks every peer again. */
  forget(): void;
  /** Announces that this one shuts down. */
  stop(): Promise<void>;
}

export const BEAT_MS = 500;
export const SILENT_MS = 3_000;

interface Peer {
  heardAtMs: number;
  /** Topics it has sent in full. */
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
    // It may have missed what was sent while this one knew no peers.
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
    // Peers that start to listen later have missed it.
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
        // Changes to unknown counts would add up wrongly.
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
