/** WebSocket close codes that both sockets use. */
export const CloseCode = {
  /** The server restarts; reconnect. */
  restart: 1012,
  tooBig: 1009,
  /** An invalid frame, or an unknown protocol version. */
  protocol: 4400,
  unauthenticated: 4401,
  /** A newer attempt exists; stop working. */
  fenced: 4403,
  /** No `hello` in time, or a peer that went silent. */
  timeout: 4408,
  /** The generation has already ended. */
  finished: 4409,
  /** The user's account is suspended; a page may try again later. */
  suspended: 4410,
  /** The user is at their limit of sockets, or the address has sent too much; the reason says which. */
  tooMany: 4429,
} as const;

export const PROTOCOL = 1;
