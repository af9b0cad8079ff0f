/**
 * The sandbox's host: it does what the driver asks for, next to the agent. It holds no secret, and ends with its
 * driver.
 *
 * It listens on the task's loopback, which everything the agent starts can reach. It accepts one driver, the first to
 * present the task's key, and then stops listening. The agent gets its first prompt from the driver, so by the time
 * the agent's code runs there is nothing to connect to. Code in the sandbox could read the key, but only the sandbox
 * itself and the driver have it.
 */
import { timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Ahead } from "../../agent/harness-ahead.ts";
import { errorText } from "../../error-text.ts";
import { killFamily } from "../../process/family.ts";
import { findChromium } from "../../verify/chromium.ts";
import { RunBrowser } from "../../verify/browser.ts";
import { createRunPaths, type RunPaths } from "../../run-paths.ts";
import { FileTracker } from "../../workspace/tracker.ts";
import { FromDriver, SANDBOX_PROTOCOL, type FromHost } from "../protocol.ts";
import { Wire } from "../wire.ts";
import type { SandboxConfig } from "./config.ts";
import { runCommand } from "./exec.ts";
import { operate, type Place } from "./operate.ts";

const HELLO_TIMEOUT_MS = 5_000;
/** The driver's container starts with this one, so a driver this late won't come. */
const DRIVER_TIMEOUT_MS = 180_000;
/** Connections that may be open without having presented the key. */
const STRANGERS_MAX = 8;

export interface SandboxHost {
  port: number;
  /** Resolves when the driver has gone and the run has been cleaned up. */
  ended: Promise<void>;
  close: () => Promise<void>;
}

export interface HostOptions {
  config: SandboxConfig;
  /** Where the run keeps its files. Default: a temporary directory, removed with the host. */
  root?: string | undefined;
  /** The agent's process and its directories, if they already exist. */
  ahead?: Ahead | undefined;
}

interface Running {
  abort: AbortController;
  signal: (name: "SIGINT" | "SIGTERM" | "SIGKILL") => void;
}

const isKey = (given: string, key: string) => {
  const [a, b] = [Buffer.from(given), Buffer.from(key)];
  return a.length === b.length && timingSafeEqual(a, b);
};

/** One driver's connection. */
class Session {
  readonly #place: Place;
  readonly #ahead: Ahead | undefined;
  readonly #wire: Wire;
  readonly #running = new Map<number, Running>();
  #isDriver = false;

  constructor(
    socket: Socket,
    options: {
      place: Place;
      ahead: Ahead | undefined;
      key: string;
      onDriver: () => boolean;
      onGone: () => void;
    },
  ) {
    this.#place = options.place;
    this.#ahead = options.ahead;
    const timer = setTimeout(() => socket.destroy(), HELLO_TIMEOUT_MS);
    this.#wire = new Wire({
      socket,
      isStrict: false,
      onMessage: (raw) => {
        const message = FromDriver.parse(raw);
        if (this.#isDriver) return this.#receive(message);
        if (message.type !== "hello" || !isKey(message.key, options.key) || !options.onDriver())
          return this.#wire.close();
        clearTimeout(timer);
        this.#isDriver = true;
        const { paths, templateDir } = this.#place;
        return this.#send({ type: "hello", protocol: SANDBOX_PROTOCOL, paths, templateDir });
      },
      onClosed: () => {
        clearTimeout(timer);
        for (const { abort } of this.#running.values()) abort.abort(new Error("the driver has gone"));
        if (this.#isDriver) options.onGone();
      },
    });
  }

  close(): void {
    this.#wire.close();
  }

  #send(message: FromHost): void {
    this.#wire.send(message);
  }

  #receive(message: FromDriver): void {
    if (message.type === "request") return void this.#answer(message.id, message.request);
    if (message.type === "cancel") return this.#running.get(message.id)?.abort.abort(new Error("cancelled"));
    if (message.type === "signal") return this.#running.get(message.id)?.signal(message.signal);
    return undefined;
  }

  async #answer(id: number, request: Extract<FromDriver, { type: "request" }>["request"]): Promise<void> {
    const running: Running = { abort: new AbortController(), signal: () => undefined };
    this.#running.set(id, running);
    try {
      const result = await this.#run(id, request, running);
      this.#send({ type: "result", id, result });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      this.#send({
        type: "failed",
        id,
        message: errorText(error).slice(0, 4_000),
        ...(typeof code === "string" ? { code: code.slice(0, 40) } : {}),
      });
    } finally {
      this.#running.delete(id);
      this.#wire.release(id);
    }
  }

  #run(id: number, request: Extract<FromDriver, { type: "request" }>["request"], running: Running) {
    if (request.operation !== "exec") {
      return operate(this.#place, request, {
        signal: running.abort.signal,
        input: () => this.#wire.openIncoming(id, "input"),
        output: () => this.#wire.openOutgoing(id, "output"),
      });
    }
    return runCommand(request, {
      ahead: this.#ahead?.harness,
      streams: {
        stdin: this.#wire.openIncoming(id, "input"),
        stdout: this.#wire.openOutgoing(id, "output"),
        stderr: this.#wire.openOutgoing(id, "errors"),
      },
      abort: running.abort.signal,
      onStarted: (signal) => {
        running.signal = signal;
      },
    });
  }
}

const listen = async (server: Server, port: number): Promise<number> => {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
};

const placeOf = (paths: RunPaths, config: SandboxConfig): Place => ({
  paths,
  templateDir: config.LEO_TEMPLATE_DIR,
  tracker: new FileTracker(paths.workspace),
  browser: new RunBrowser(findChromium(config.LEO_CHROMIUM), paths),
});

/**
 * Starts the host.
 * @throws if its port is taken
 */
export const startHost = async ({ config, root, ahead }: HostOptions): Promise<SandboxHost> => {
  const paths = ahead?.paths ?? createRunPaths(root);
  const place = placeOf(paths, config);
  const ended = Promise.withResolvers<void>();
  const sessions = new Set<Session>();
  const server = createServer({ noDelay: true });
  server.maxConnections = STRANGERS_MAX;

  const clear = async () => {
    await ahead?.harness?.end();
    await place.browser.close();
    await killFamily(paths.home);
    if (!root) await rm(paths.root, { recursive: true, force: true, maxRetries: 3 });
  };
  let clearing: Promise<void> | undefined;
  const end = () => {
    clearing ??= clear();
    ended.resolve(clearing);
  };
  let hasDriver = false;
  const waiting = setTimeout(end, DRIVER_TIMEOUT_MS);
  server.on("connection", (socket) => {
    const session = new Session(socket, {
      place,
      ahead,
      key: config.LEO_SANDBOX_KEY,
      onDriver: () => {
        if (hasDriver) return false;
        hasDriver = true;
        clearTimeout(waiting);
        server.close();
        for (const other of sessions) if (other !== session) other.close();
        return true;
      },
      onGone: end,
    });
    sessions.add(session);
    socket.once("close", () => sessions.delete(session));
  });
  const port = await listen(server, config.LEO_SANDBOX_PORT);
  return {
    port,
    ended: ended.promise,
    close: async () => {
      clearTimeout(waiting);
      server.close();
      for (const session of sessions) session.close();
      end();
      await ended.promise;
    },
  };
};
