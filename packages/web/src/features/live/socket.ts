/**
 * The page's one connection to `/ws/ui`: hello, welcome, renewal of the token, reconnection.
 *
 * It queues nothing while it is down. After each `welcome` its owner says anew what it wants.
 */
import type { FromBrowser, ToBrowser } from "@leo/core/protocol/ui.ts";
import ReconnectingWebSocket from "partysocket/ws";
import { CloseCode, PROTOCOL } from "@leo/core/protocol/close-code.ts";

/**
 * All but the first three are shown to the user. `outdated`: this page speaks a protocol that the server
 * no longer does. `crowded` and `suspended`: the server gives this user no line now; it is asked again.
 */
export type ConnectionStatus = "idle" | "connecting" | "open" | "lost" | "crowded" | "suspended" | "outdated";

export interface LiveSocketOptions {
  url: string;
  accessToken: () => Promise<string | undefined>;
  /**
   * Called when the server has refused the token, before the next try, and when it says that it runs out.
   * False: there is no new token yet.
   */
  renewSession: () => Promise<boolean>;
  onWelcome: () => void;
  onMessage: (message: ToBrowser) => void;
  onStatus: (status: ConnectionStatus) => void;
}

export interface LiveSocket {
  /** Sends if the server has said welcome; otherwise does nothing. */
  send: (message: FromBrowser) => void;
  /** Connects for the first time. */
  connect: () => void;
  /** Connects at once instead of waiting for the next try, and tests a line that looks open. */
  wake: () => void;
  /** Gives the connection up until `wake`: the network is known to be gone. */
  sleep: () => void;
  close: () => void;
}

const REFUSED: Record<number, ConnectionStatus> = {
  [CloseCode.tooMany]: "crowded",
  [CloseCode.suspended]: "suspended",
};

const PROBE_EVERY_MS = 25_000;
/** A probe without an answer for this long means that the connection is dead. */
const PROBE_ANSWER_MS = 8_000;

const socketOptions = () => ({
  connectionTimeout: 10_000,
  // Jitter, so that a restarted server does not meet all its readers in the same moment.
  minReconnectionDelay: 300 + Math.random() * 700,
  maxReconnectionDelay: 15_000,
  reconnectionDelayGrowFactor: 1.6,
  minUptime: 5_000,
  maxEnqueuedMessages: 0,
});

export const createLiveSocket = (options: LiveSocketOptions): LiveSocket => {
  let socket: ReconnectingWebSocket | undefined;
  let welcomed = false;
  let status: ConnectionStatus = "idle";
  let probeTimer: ReturnType<typeof setInterval> | undefined;
  let answerTimer: ReturnType<typeof setTimeout> | undefined;

  const setStatus = (next: ConnectionStatus) => {
    if (next === status) return;
    status = next;
    options.onStatus(next);
  };

  const transmit = (message: FromBrowser) => socket?.send(JSON.stringify(message));

  const answered = () => {
    clearTimeout(answerTimer);
    answerTimer = undefined;
  };

  const disconnected = () => {
    welcomed = false;
    clearInterval(probeTimer);
    answered();
  };

  const drop = () => {
    const old = socket;
    socket = undefined;
    disconnected();
    old?.close();
  };

  /** The token that the server has. */
  let given: string | undefined;

  const withToken = async (toMessage: (accessToken: string) => FromBrowser) => {
    given = await options.accessToken();
    if (given !== undefined) transmit(toMessage(given));
  };

  const hello = () => withToken((accessToken) => ({ type: "hello", protocol: PROTOCOL, accessToken }));

  /** A clock that is behind takes the old token for a fresh one; sent again it would run out as soon. */
  const renew = async () => {
    if ((await options.accessToken()) === given && !(await options.renewSession())) return;
    await withToken((accessToken) => ({ type: "renew", accessToken }));
  };

  const probe = () => {
    if (answerTimer !== undefined) return;
    answerTimer = setTimeout(open, PROBE_ANSWER_MS);
    transmit({ type: "ping" });
  };

  const receive = (message: ToBrowser) => {
    answered();
    if (message.type === "welcome") {
      welcomed = true;
      probeTimer = setInterval(probe, PROBE_EVERY_MS);
      setStatus("open");
      return options.onWelcome();
    }
    if (message.type === "token_expiring") {
      return void renew();
    }
    options.onMessage(message);
  };

  const closed = (code: number) => {
    disconnected();
    if (code === CloseCode.protocol) {
      drop();
      return setStatus("outdated");
    }
    if (code === CloseCode.unauthenticated) void options.renewSession();
    setStatus(REFUSED[code] ?? "lost");
  };

  /** A new socket in place of the old one: a waiting one cannot be told to hurry. */
  const open = () => {
    drop();
    const opened = new ReconnectingWebSocket(options.url, [], socketOptions());
    socket = opened;
    opened.addEventListener("open", () => void hello());
    opened.addEventListener("message", ({ data }) => {
      if (socket === opened) receive(JSON.parse(String(data)) as ToBrowser);
    });
    opened.addEventListener("close", ({ code }) => {
      if (socket === opened) closed(code);
    });
  };

  return {
    send: (message) => {
      if (welcomed) transmit(message);
    },
    connect: () => {
      if (status !== "idle") return;
      setStatus("connecting");
      open();
    },
    wake: () => {
      if (status === "idle" || status === "outdated") return;
      if (welcomed) probe();
      else open();
    },
    sleep: () => {
      if (status === "idle" || status === "outdated") return;
      drop();
      setStatus("lost");
    },
    close: () => {
      drop();
      setStatus("idle");
    },
  };
};
