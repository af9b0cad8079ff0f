import type { WebSocket } from "ws";

/** A socket as the rest of Leo sees it: something to close, with a code and a reason, and to forget once it is. */
export interface OpenSocket {
  close(code: number, reason: string): void;
  /** Calls back once the socket is closed; at once when it is already. */
  onClosed(forget: () => void): void;
}

/** @param close ends the socket's session, which then closes the socket */
export const openSocket = (socket: WebSocket, close: OpenSocket["close"]): OpenSocket => ({
  close,
  onClosed: (forget) => {
    if (socket.readyState === socket.CLOSED) forget();
    else socket.once("close", forget);
  },
});
