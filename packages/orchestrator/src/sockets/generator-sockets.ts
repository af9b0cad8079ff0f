/**
 * `/ws/generator`: one attempt's generator. The token names the attempt; everything else is read
 * from the database. Messages are acknowledged once they are committed. A generator may reconnect
 * at any time, to any orchestrator; its newest socket replaces the one before.
 */
import type { WebSocket } from "ws";
import type { Context } from "../app-context.ts";
import type { Committer } from "../events/committer.ts";
import type { Hearing } from "../task/liveness.ts";
import { ServedGenerator } from "./generator-socket.ts";
import { recordHeard } from "./generator-work.ts";
import type { OpenSocket } from "./open-socket.ts";

export interface GeneratorSockets {
  /** @param reportUnknown called for a token that opens nothing */
  serve(socket: WebSocket, token: string | undefined, reportUnknown: () => void): OpenSocket;
  /** Looks whether a generation's generator must be notified: of a cancellation, a request, or that it is fenced. */
  notify(generationId: string): void;
  /** Notifies every connected generator of what it missed, and records who was heard. */
  sweep(): Promise<void>;
  readonly size: number;
}

export const createGeneratorSockets = (
  context: Context,
  committer: Committer,
  hearing: Hearing,
  onReady: (durationMs: number) => void,
): GeneratorSockets => {
  const byGeneration = new Map<string, ServedGenerator>();

  const register = (generator: ServedGenerator, generationId: string) => {
    const older = byGeneration.get(generationId);
    if (older === generator) return;
    byGeneration.set(generationId, generator);
    generator.opened.onClosed(() => {
      if (byGeneration.get(generationId) === generator) byGeneration.delete(generationId);
    });
    older?.replace();
  };
  const notify = (generationId: string) => byGeneration.get(generationId)?.notify();

  return {
    get size() {
      return byGeneration.size;
    },
    serve: (socket, token, reportUnknown) =>
      new ServedGenerator(socket, { context, committer, token, reportUnknown, onReady, register }).opened,
    notify,
    sweep: async () => {
      const heard = [...byGeneration.values()].filter((generator) => generator.isHeard);
      for (const generator of heard) generator.isHeard = false;
      const ids = heard.flatMap(({ attemptId }) => attemptId ?? []);
      const toNotify = await recordHeard(context.database, ids, context.now());
      hearing.recorded();
      toNotify.forEach(notify);
    },
  };
};
