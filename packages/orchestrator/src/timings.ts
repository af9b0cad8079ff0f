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
  LEO_PUBLISH_LEASE_MS: atMost(30_000),
  LEO_WATCH_INTERVAL_MS: atMost(2_000),
  LEO_RECONCILE_INTERVAL_MS: atMost(60_000),
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
