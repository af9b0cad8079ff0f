import type { WebSocket } from "ws";

/**
 * Pings a peer and drops it when it has been silent for too long.
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
