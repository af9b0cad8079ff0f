/**
 * `/ws/generator`: one attempt's generator. The token names the attempt; everything else is read
 * from the database. Messages are acknowledged once they are committed. A generator may reconnect
 * at any time, to any orchestrator; its newest socket replaces the one before.
 */
import { reportedFailure } from "@leo/core/failure.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { CloseCode, PROTOCOL } from "@leo/core/protocol/close-code.ts";
import { settlesMessages } from "@leo/core/event.ts";
import { FromGenerator, type NumberedMessage } from "@leo/core/protocol/generator.ts";
import { cleanDeep } from "@leo/core/scrub.ts";
import type { WebSocket } from "ws";
import type { Context } from "../app-context.ts";
import type { Committer } from "../events/committer.ts";
import type { AttemptRow } from "../generation/attempt.ts";
import { completeWork, CUT, wordOf } from "../generation/complete.ts";
import type { Hearing } from "../task/liveness.ts";
import { takeUserMessages } from "../generation/messages.ts";
import { hashAttemptToken, isAttemptToken } from "../generation/claim.ts";
import { withIds } from "../telemetry/log.ts";
import { keepAliveTimes } from "../timeouts.ts";
import { closeWith, parseFrame, sizeOf } from "./frame.ts";
import { acknowledge, connectionOf, refusalOf, type Connection } from "./generator-connection.ts";
import { becomeReady, findWork, recordHeard, type Work } from "./generator-work.ts";
import { keepAlive } from "./keepalive.ts";
import { composeStart } from "../generation/start.ts";

/** As much of one generator may wait for the database before its socket stops being read; less than it by one frame. */
const UNCOMMITTED_MAX_BYTES = 1024 * 1024;

/** What is kept of a message: a failure is a code that a generator may report, in Leo's own words. */
const inOwnWords = (message: NumberedMessage): NumberedMessage =>
  (message.type === "error" || message.type === "all_work_complete") && message.failure
    ? { ...message, failure: cleanDeep(reportedFailure(message.failure)) }
    : message;

/** Takes a frame of a socket that was admitted. */
type Handle = (data: Parameters<typeof parseFrame>[2], isBinary: boolean) => void;

export interface GeneratorSockets {
  /** @param unknown is told of a token that opens nothing */
  serve(socket: WebSocket, token: string | undefined, unknown: () => void): void;
  /** Looks whether a generation's generator must be told something: cancel, a request, that it is fenced. */
  control(generationId: string): Promise<void>;
  /** Tells every connected generator what it missed, and records who was heard. */
  sweep(): Promise<void>;
  readonly size: number;
}

export const createGeneratorSockets = (
  context: Context,
  committer: Committer,
  hearing: Hearing,
  onReady: (durationMs: number) => void,
): GeneratorSockets => {
  const { config, database, log, now } = context;
  const connections = new Map<string, Connection>();

  const refuse = async (socket: WebSocket, attemptId: string) => {
    const work = await findWork(database, { attemptId });
    const refusal = work && refusalOf(work.attempt, work.generation);
    if (refusal) closeWith(socket, refusal.code, refusal.reason);
    else closeWith(socket, CloseCode.restart, "try again");
  };

  /** @param again also what this attempt got before, on a connection that may have lost it */
  const sendUserMessages = async (connection: Connection, again: boolean) => {
    const { generationId, number } = connection.attempt;
    for (const { id, text } of await takeUserMessages(database.orm, generationId, number, again)) {
      connection.send({ type: "user_message", messageId: id, text });
    }
  };

  const sendCancel = (connection: Connection) => {
    if (!connection.cancelSent) connection.send({ type: "cancel" });
    connection.cancelSent = true;
  };

  const tell = async (connection: Connection, { attempt, generation }: Work, again = false) => {
    const refusal = refusalOf(attempt, generation);
    if (refusal) {
      closeWith(connection.socket, refusal.code, refusal.reason);
      return;
    }
    if (generation.cancelRequestedAt !== null || attempt.cutAt !== null) {
      sendCancel(connection);
      return;
    }
    await sendUserMessages(connection, again);
  };

  const welcome = async (connection: Connection, started: boolean) => {
    const { attempt } = connection;
    const at = now();
    if (await becomeReady(context, attempt, at)) onReady(at.getTime() - attempt.createdAt.getTime());
    // An orchestrator may have died between storing the last message and acting on it.
    const word = started && attempt.cutAt === null ? await wordOf(context, attempt) : undefined;
    if (word) await completeWork(context, attempt.generationId, attempt.number, word);
    const work = await findWork(database, { attemptId: attempt.id });
    if (!work || connection.socket.readyState !== connection.socket.OPEN) return;
    const older = connections.get(attempt.generationId);
    connections.set(attempt.generationId, connection);
    if (older && older.socket !== connection.socket) older.socket.terminate();
    // One that has its work may wait for the acknowledgement to know that no request is on its way.
    if (started) await sendUserMessages(connection, true);
    connection.send({ type: "ack", n: work.attempt.lastN });
    if (!started) connection.send(await composeStart(context, work.generation, work.attempt));
    connection.isWelcomed = true;
    // Read again: what was asked for meanwhile found no generator to tell.
    await control(attempt.generationId, !started);
  };

  const store = async (connection: Connection, messages: NumberedMessage[]) => {
    const { attempt, socket } = connection;
    const outcome = await committer.commit(attempt.id, messages);
    if (outcome === "invalid") {
      closeWith(socket, CloseCode.protocol, "a message that cannot be stored");
      return;
    }
    if (outcome === "refused") {
      await refuse(socket, attempt.id);
      return;
    }
    const last = messages.at(-1);
    // Its generator stops, stores what there is, and says so in the last message, which is not kept.
    if (outcome === "cut") sendCancel(connection);
    if (last?.type === "all_work_complete") {
      await completeWork(context, attempt.generationId, attempt.number, outcome === "cut" ? CUT : last);
    }
    if (messages.some(settlesMessages)) await control(attempt.generationId);
    if (last) acknowledge(connection, last.n);
  };

  const attach = (socket: WebSocket, attempt: AttemptRow): Handle => {
    const connection = connectionOf(socket, attempt);
    let isReady = false;
    let highestN: number | undefined;
    let uncommittedBytes = 0;
    const failed = (cause: unknown) => {
      log.error(
        { err: cause, event: "generator_message_failed", attemptId: attempt.id },
        "a generator's message failed",
      );
      closeWith(socket, CloseCode.restart, "try again");
    };

    const accept = (messages: NumberedMessage[], sizeBytes: number) => {
      // A frame that begins with repeats may leave no gap within itself either.
      let frameN: number | undefined;
      for (const { n } of messages) {
        // The first number after a reconnect may be any that is not acknowledged; then no gaps.
        const before = frameN ?? highestN;
        if (before !== undefined && n > before + 1) {
          closeWith(socket, CloseCode.protocol, `message ${n} came after ${before}`);
          return;
        }
        frameN = Math.max(frameN ?? n, n);
        highestN = Math.max(highestN ?? n, n);
      }
      uncommittedBytes += sizeBytes;
      if (uncommittedBytes >= UNCOMMITTED_MAX_BYTES) socket.pause();
      store(connection, messages)
        .catch(failed)
        .finally(() => {
          uncommittedBytes -= sizeBytes;
          if (socket.isPaused && uncommittedBytes < UNCOMMITTED_MAX_BYTES) socket.resume();
        });
    };

    const handle: Handle = (data, isBinary) => {
      const message = parseFrame(socket, FromGenerator, data, isBinary);
      if (!message) return;
      if (message.type === "messages") {
        if (isReady) accept(message.messages.map(inOwnWords), sizeOf(data));
        else closeWith(socket, CloseCode.protocol, "the first message must be ready");
        return;
      }
      if (message.protocol !== PROTOCOL) {
        closeWith(
          socket,
          CloseCode.protocol,
          `protocol ${message.protocol} is unknown, this server speaks ${PROTOCOL}`,
        );
        return;
      }
      isReady = true;
      clearTimeout(readyTimer);
      welcome(connection, message.started).catch(failed);
    };

    const readyTimer = setTimeout(
      () => closeWith(socket, CloseCode.timeout, "no ready in time"),
      LIMITS.helloTimeoutMs,
    );
    keepAlive(socket, keepAliveTimes(config.LEO_HEARTBEAT_LOST_MS), () => (connection.heard = true));
    socket.on("close", () => {
      clearTimeout(readyTimer);
      if (connections.get(attempt.generationId) === connection) connections.delete(attempt.generationId);
    });
    const ids = { generationId: attempt.generationId, attemptId: attempt.id };
    return (data, isBinary) => withIds(ids, () => handle(data, isBinary));
  };

  const admit = async (socket: WebSocket, token: string | undefined, unknown: () => void) => {
    const isToken = token !== undefined && isAttemptToken(token);
    const work = isToken ? await findWork(database, { tokenHash: hashAttemptToken(token) }) : undefined;
    if (!work) {
      unknown();
      closeWith(socket, CloseCode.unauthenticated, "unknown attempt token");
      return undefined;
    }
    const refusal = refusalOf(work.attempt, work.generation);
    if (refusal) {
      closeWith(socket, refusal.code, refusal.reason);
      return undefined;
    }
    return attach(socket, work.attempt);
  };

  const control = async (generationId: string, again = false) => {
    const connection = connections.get(generationId);
    if (!connection?.isWelcomed) return;
    const look = async () => {
      const work = await findWork(database, { attemptId: connection.attempt.id });
      if (work) await tell(connection, work, again);
      else closeWith(connection.socket, CloseCode.fenced, "the generation was deleted");
    };
    connection.telling = connection.telling.then(look, look);
    await connection.telling;
  };

  return {
    get size() {
      return connections.size;
    },
    serve: (socket, token, unknown) => {
      socket.on("error", (cause) =>
        log.debug({ err: cause, event: "generator_socket_error" }, "generator socket error"),
      );
      // Nobody's frames are read: they wait in the network until the token is looked up.
      socket.pause();
      const admitted = admit(socket, token, unknown).catch((cause: unknown) => {
        log.error({ err: cause, event: "generator_admission_failed" }, "a generator could not be looked up");
        closeWith(socket, CloseCode.restart, "try again");
        return undefined;
      });
      const listen = async () => {
        const handle = await admitted;
        if (handle) socket.on("message", handle);
        socket.resume();
      };
      void listen();
    },
    control: (generationId) => control(generationId),
    sweep: async () => {
      const heard = [...connections.values()].filter((connection) => connection.heard);
      for (const connection of heard) connection.heard = false;
      const ids = heard.map(({ attempt }) => attempt.id);
      const toTell = await recordHeard(database, ids, now());
      hearing.recorded();
      for (const generationId of toTell) await control(generationId);
    },
  };
};
