/**
 * One try at getting an answer from the model. It reads a stream up to the first event, so that an error, a silence
 * or another server's page is known before a byte has reached the agent.
 */
import { once } from "node:events";
import type { IncomingHttpHeaders, OutgoingHttpHeaders, RequestOptions, ClientRequest } from "node:http";
import { z } from "zod";
import { parseJson } from "@leo/core/parse-json.ts";
import { judge, judgeError, silent, type Verdict } from "./verdict.ts";

const ERROR_MAX_BYTES = 1024 * 1024;
/** The limit of an unstreamed answer; the API's are far smaller. */
const ANSWER_MAX_BYTES = 20 * 1024 * 1024;

export interface UpstreamCall {
  send: (url: URL, options: RequestOptions) => ClientRequest;
  target: URL;
  headers: OutgoingHttpHeaders;
  body: Buffer;
  /** How long the model's side may stay silent, in milliseconds. */
  silentMs: number;
  /** Called once the model may have started working on it. */
  onSent: () => void;
  /** Aborts when the agent stops waiting for the answer. */
  signal: AbortSignal;
  nowMs: () => number;
}

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export type UpstreamResult =
  /** A stream that has begun; `rest` throws if it breaks off. */
  | { kind: "stream"; headers: IncomingHttpHeaders; head: Buffer; rest: AsyncIterator<Buffer> }
  | { kind: "whole"; reply: Reply }
  /** `reply` is absent if there was no response. */
  | { kind: "problem"; verdict: Verdict; reply?: Reply };

class Silence extends Error {
  override name = "Silence";
}

/** Tries once. @throws the signal's reason when it aborts */
export const callUpstream = async (call: UpstreamCall): Promise<UpstreamResult> => {
  const { target, headers, body, silentMs, signal } = call;
  const outgoing = call.send(target, { method: "POST", headers, timeout: silentMs, signal });
  outgoing.on("timeout", () => outgoing.destroy(new Silence(`nothing came for ${silentMs / 1_000} s`)));
  // The caller gets the error below; without a listener it would end the process.
  outgoing.on("error", () => undefined);
  outgoing.on("finish", call.onSent);
  outgoing.end(body);
  try {
    const [answer] = await once(outgoing, "response");
    return await read(call, answer);
  } catch (error) {
    signal.throwIfAborted();
    const verdict = error instanceof Silence ? silent(error.message) : judgeError(error, target.host);
    return { kind: "problem", verdict };
  }
};

interface Answer extends AsyncIterable<Buffer> {
  statusCode?: number;
  headers: IncomingHttpHeaders;
}

const read = async (call: UpstreamCall, answer: Answer): Promise<UpstreamResult> => {
  const { statusCode: status = 502, headers } = answer;
  const isEvents = headers["content-type"]?.includes("event-stream") ?? false;
  if (status === 200 && isEvents) return readHead(call, answer);
  const body = await readBody(answer, status === 200 ? ANSWER_MAX_BYTES : ERROR_MAX_BYTES);
  const reply = { status, headers, body };
  if (status === 200 && isMessage(body)) return { kind: "whole", reply };
  return problem(call, reply);
};

const readHead = async (call: UpstreamCall, answer: Answer): Promise<UpstreamResult> => {
  const rest = answer[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  for (;;) {
    const { done, value } = await rest.next();
    if (done) throw new Error("the answer ended before it began");
    head = Buffer.concat([head, value]);
    const first = firstEvent(head.toString("utf8"));
    if (first === undefined && head.length < ERROR_MAX_BYTES) continue;
    if (first?.type !== "error") return { kind: "stream", headers: answer.headers, head, rest };
    const reply = { status: 200, headers: answer.headers, body: Buffer.from(first.json) };
    await rest.return?.();
    return problem(call, reply);
  }
};

const problem = ({ nowMs }: UpstreamCall, reply: Reply): UpstreamResult => ({
  kind: "problem",
  verdict: judge({ ...reply, body: reply.body.toString("utf8") }, nowMs()),
  reply,
});

/** The first complete event other than a ping. */
const firstEvent = (text: string): { type: string; json: string } | undefined => {
  const events = text.split(/\r?\n\r?\n/).slice(0, -1);
  for (const event of events) {
    const json = /^data: ?(.*)$/m.exec(event)?.[1];
    if (json === undefined) continue;
    const type = typeOf(json);
    if (type !== "ping") return { type: type ?? "", json };
  }
  return undefined;
};

const Typed = z.object({ type: z.string() });
/** Undefined for an unknown kind of event, which is passed on unchanged for the harness to interpret. */
const typeOf = (json: string): string | undefined => Typed.safeParse(parseJson(json)).data?.type;

const Counted = z.union([z.object({ usage: z.object({}) }), z.object({ input_tokens: z.number() })]);
/** A message has token counts; without them nothing could be charged. */
const isMessage = (body: Buffer): boolean => Counted.safeParse(parseJson(body.toString("utf8"))).success;

const readBody = async (answer: Answer, maxBytes: number): Promise<Buffer> => {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of answer) {
    sizeBytes += part.length;
    if (sizeBytes > maxBytes) break;
    parts.push(part);
  }
  return Buffer.concat(parts);
};
