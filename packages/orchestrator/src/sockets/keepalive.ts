import { LIMITS } from "@leo/core/limits.ts";
import type { WebSocket } from "ws";

/** Unread answers. A peer that keeps asking with more than this pending reads nothing. */
const UNREAD_MAX_BYTES = 8 * LIMITS.frameMaxBytes;

/**
 * Pings a peer and drops it when it has been silent for too long, or keeps asking without reading.
 * @param onFrame called for every frame or pong of the peer
 */
export const keepAlive = (
  socket: WebSocket,
  { pingIntervalMs, peerSilentMs }: { pingIntervalMs: number; peerSilentMs: number },
  onFrame: () => void = () => undefined,
): void => {
  let heardAt = performance.now();
  const heard = () => {
    heardAt = performance.now();
    if (socket.bufferedAmount > UNREAD_MAX_BYTES) socket.terminate();
    onFrame();
  };
  const timer = setInterval(() => {
    if (performance.now() - heardAt > peerSilentMs) socket.terminate();
    else socket.ping();
  }, pingIntervalMs);
  socket.on("message", heard);
  socket.on("pong", heard);
  socket.on("ping", heard);
  socket.on("close", () => clearInterval(timer));
};
