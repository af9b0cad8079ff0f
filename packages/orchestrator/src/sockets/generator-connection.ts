/** One socket of a generator, after its token was found. */
import { isFinal } from "@leo/core/generation.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import type { ToGenerator } from "@leo/core/protocol/generator.ts";
import type { WebSocket } from "ws";
import type { AttemptRow } from "../generation/attempt.ts";
import type { GenerationRow } from "../generation/transition.ts";

export interface Connection {
  socket: WebSocket;
  attempt: AttemptRow;
  send(message: ToGenerator): void;
  /** It has its work; nothing else may reach it before. */
  isWelcomed: boolean;
  /** What it is told, one look at the database after the other. */
  telling: Promise<void>;
  cancelSent: boolean;
  heard: boolean;
  /** The highest number whose acknowledgement is about to go out; 0 for none. */
  acking: number;
}

export const connectionOf = (socket: WebSocket, attempt: AttemptRow): Connection => ({
  socket,
  attempt,
  send: (message) => socket.send(JSON.stringify(message)),
  isWelcomed: false,
  telling: Promise.resolve(),
  cancelSent: false,
  heard: true,
  acking: 0,
});

/** Why this attempt's generator must stop working, with the code that says so; nothing while it is wanted. */
export const refusalOf = (
  attempt: AttemptRow,
  generation: GenerationRow,
): { code: number; reason: string } | undefined => {
  if (isFinal(generation.state)) return { code: CloseCode.finished, reason: "the generation has ended" };
  if (attempt.number !== generation.attempt)
    return { code: CloseCode.fenced, reason: "a newer attempt exists" };
  if (attempt.endedAt !== null) return { code: CloseCode.fenced, reason: "this attempt was given up" };
  return undefined;
};

/** One acknowledgement covers all frames of a commit. */
export const acknowledge = (connection: Connection, n: number) => {
  const isPlanned = connection.acking > 0;
  connection.acking = Math.max(connection.acking, n);
  if (isPlanned) return;
  setImmediate(() => {
    if (connection.socket.readyState === connection.socket.OPEN)
      connection.send({ type: "ack", n: connection.acking });
    connection.acking = 0;
  });
};
