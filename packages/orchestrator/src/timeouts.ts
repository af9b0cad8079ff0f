/**
 * Limits and intervals in ms, each with the value that a deployment needs. Tests of faults lower
 * them so that none waits a real minute; nothing can raise them.
 */
import { z } from "zod";
import { LIMITS } from "@leo/core/limits.ts";

const atMost = (durationMs: number) => z.coerce.number().int().positive().max(durationMs).default(durationMs);

export const timings = {
  /** From the accepted task to `ready`. */
  LEO_START_TIMEOUT_MS: atMost(LIMITS.startTimeoutMs),
  /** Without a frame. Pings, the record of who was heard and the drop of silent peers keep their ratio to it. */
  LEO_HEARTBEAT_LOST_MS: atMost(LIMITS.heartbeatLostMs),
  /** Without an event of the agent. */
  LEO_STALLED_MS: atMost(LIMITS.stalledMs),
  /** From the request to StopTask. */
  LEO_CANCEL_GRACE_MS: atMost(LIMITS.cancelGraceMs),
  /** Past its deadline a generator may still upload for this long. */
  LEO_DEADLINE_GRACE_MS: atMost(120_000),
  /** A launch without capacity fails after this. */
  LEO_CAPACITY_RETRY_MS: atMost(LIMITS.capacityRetryMs),
  /** A launch that met the account's vCPU quota waits this long in the queue. */
  LEO_QUOTA_PAUSE_MS: atMost(30_000),
  /** Past it another orchestrator adopts the launch. Longer than one RunTask call may take. */
  LEO_LAUNCH_LEASE_MS: atMost(15_000),
  /** While launches are paused because of the model, one run is let through after this, then after twice as long. */
  LEO_MODEL_PROBE_MS: atMost(LIMITS.modelProbeMs),
  LEO_FINALIZE_LEASE_MS: atMost(30_000),
  /** One statement; what else the database may take follows from it (`databaseTimes`). */
  LEO_STATEMENT_MS: atMost(15_000),
  LEO_WATCH_INTERVAL_MS: atMost(2_000),
  /** One question to the queue of task events, in whole seconds; who ends waits for its answer. Every 5 s is half of what SQS gives away a month. */
  LEO_TASK_EVENTS_POLL_MS: atMost(5_000),
  LEO_RECONCILE_INTERVAL_MS: atMost(60_000),
  /** From the start of one walk through the bucket to the next; what is nobody's is gone within twice this. */
  LEO_OBJECTS_INTERVAL_MS: atMost(30 * 60_000),
  /** An object this young may belong to a row that is not written yet, as when a version is copied. */
  LEO_OBJECTS_MIN_AGE_MS: atMost(15 * 60_000),
  /** ECS answers with a delay: a task this young may be unknown there, or not yet recorded here. */
  LEO_TASK_SETTLE_MS: atMost(60_000),
  /** From the connection, or the request before, to the end of the headers. */
  LEO_HEADERS_TIMEOUT_MS: atMost(15_000),
  /** To the end of the body. */
  LEO_REQUEST_TIMEOUT_MS: atMost(60_000),
  /** A client that takes nothing of its answer for so long is cut. */
  LEO_UNREAD_TIMEOUT_MS: atMost(60_000),
  /** A whole answer: the largest archive, 200 MB, at 1 Mbit/s. */
  LEO_ANSWER_TIMEOUT_MS: atMost(30 * 60_000),
  /** From SIGTERM to the end of the process, whatever still waits. */
  LEO_DRAIN_MS: atMost(28_000),
};

/** How often a peer is pinged and when a silent one is dropped; 25 s and 60 s at a heartbeat of 90 s. */
export const keepAliveTimes = (heartbeatLostMs: number) => ({
  pingIntervalMs: (heartbeatLostMs * LIMITS.pingIntervalMs) / LIMITS.heartbeatLostMs,
  peerSilentMs: (heartbeatLostMs * LIMITS.peerSilentMs) / LIMITS.heartbeatLostMs,
});

/** How often it is recorded who was heard: 10 s at a heartbeat of 90 s. */
export const recordIntervalMs = (heartbeatLostMs: number) => heartbeatLostMs / 9;

/**
 * How long the database may take, in ms, from how long one statement may; in brackets at 15 s. The slowest
 * statements, 10,000 events stored or deleted, take a tenth of that on two busy cores.
 */
export const databaseTimes = (statementMs: number) => ({
  /** The server ends a statement (15 s). */
  statementMs,
  /**
   * A connection on which nothing comes or goes is dead and is given up (20 s). Later than the server ends
   * the slowest statement, so that one which is only slow costs no connection.
   */
  silentMs: (statementMs * 4) / 3,
  /** The pool closes a connection that nobody uses, and the one that listens is asked something (10 s): half of the time in which it would be taken for dead. */
  idleMs: (statementMs * 2) / 3,
  /** The server ends a transaction in which nothing is asked (30 s): a process that hangs or whose machine is lost must not hold its locks for ever. */
  idleInTransactionMs: statementMs * 2,
  /** To connect, or to get one of the pool's connections. A restarted server answers within seconds. */
  connectMs: 10_000,
});

export type DatabaseTimes = ReturnType<typeof databaseTimes>;

/** Those of a deployment. */
export const DATABASE_TIMES: DatabaseTimes = databaseTimes(15_000);
