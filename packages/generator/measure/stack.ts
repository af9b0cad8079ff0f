/** The whole way, with what `npm start` runs: from a request to the page that it made. */
import { once } from "node:events";
import { chromium, type Browser } from "playwright-core";
import { WebSocket } from "ws";
import { PROTOCOL } from "@leo/core/protocol/close-code.ts";
import type { Event } from "@leo/core/event.ts";
import type { FromBrowser, ToBrowser } from "@leo/core/protocol/ui.ts";
import { chromiumPath } from "@leo/local/testing/chromium.ts";
import { signedIn, signIn, withPlace } from "../../../tools/local/test/start-helpers.ts";

/** One request, in milliseconds from its submission. */
export interface RequestTimes {
  firstEvent: number;
  /** The generator is connected. */
  connected: number;
  /** The first piece of the agent's text at the browser's end of the socket. */
  firstWords: number;
  completed: number;
  /** The finished app is painted in a browser. */
  preview: number;
}

type Call = Awaited<ReturnType<typeof signedIn>>;

/** Follows a generation as the UI does. `seen` is called with each event as it arrives. */
const follow = async (url: string, accessToken: string, id: string, seen: (event: Event) => void) => {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws/ui`);
  await once(socket, "open");
  const send = (message: FromBrowser) => socket.send(JSON.stringify(message));
  const ended = new Promise<void>((resolve, reject) => {
    socket.on("close", (code) => reject(new Error(`the socket was closed with ${code}`)));
    socket.on("message", (data: Buffer) => {
      const message = JSON.parse(data.toString("utf8")) as ToBrowser;
      if (message.type !== "events") return;
      for (const event of message.events) {
        seen(event);
        if (event.type !== "state_changed") continue;
        if (event.state === "failed") reject(new Error(`the run failed: ${JSON.stringify(event.failure)}`));
        if (event.state === "completed") resolve();
      }
    });
  });
  send({ type: "hello", protocol: PROTOCOL, accessToken });
  send({ type: "subscribe", generationId: id, since: 0 });
  await ended.finally(() => socket.terminate());
};

const paint = async (browser: Browser, call: Call, id: string) => {
  const { previewUrl } = await call<{ previewUrl?: string }>("GET", `/api/generations/${id}`);
  if (!previewUrl) throw new Error("there is no preview");
  const page = await browser.newPage();
  await page.goto(previewUrl);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.close();
};

interface Stack {
  url: string;
  call: Call;
  accessToken: string;
  browser: Browser;
}

/** @param added one more request, sent at the agent's first words: a second turn of the same run */
const request = async ({ url, call, accessToken, browser }: Stack, added?: string): Promise<RequestTimes> => {
  const startedMs = performance.now();
  const elapsed = () => performance.now() - startedMs;
  const { generation } = await call<{ generation: { id: string } }>("POST", "/api/apps", {
    prompt: "a todo list with dark mode",
  });
  const { id } = generation;
  const times: RequestTimes = { firstEvent: 0, connected: 0, firstWords: 0, completed: 0, preview: 0 };
  let adding: Promise<unknown> | undefined;
  await follow(url, accessToken, id, (event) => {
    times.firstEvent ||= elapsed();
    if (event.type === "attempt_progress" && event.step === "connected") times.connected ||= elapsed();
    if (event.type !== "agent_text") return;
    times.firstWords ||= elapsed();
    if (added) adding ??= call("POST", `/api/generations/${id}/messages`, { text: added });
  });
  await adding;
  times.completed = elapsed();
  await paint(browser, call, id);
  times.preview = elapsed();
  return times;
};

/**
 * Runs `npm start` with fresh data and makes requests, one after another.
 * @returns the times of each, and of as many runs with a second turn
 */
export const measureStack = async (runs: number) => {
  const one: RequestTimes[] = [];
  const two: RequestTimes[] = [];
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ["--no-sandbox"] });
  try {
    await withPlace(async ({ npmStart }) => {
      const leo = await npmStart().ready();
      const accessToken = await signIn(leo);
      const call = await signedIn(leo, accessToken);
      const url = leo.url.replace("localhost", "127.0.0.1");
      const stack = { url, call, accessToken, browser };
      // The first run of all compiles what the later ones find compiled.
      await request(stack);
      for (let run = 0; run < runs; run += 1) one.push(await request(stack));
      for (let run = 0; run < runs; run += 1) two.push(await request(stack, "make the accent colour green"));
    });
  } finally {
    await browser.close();
  }
  return { one, two };
};
