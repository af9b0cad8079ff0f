import { parseJson } from "@leo/core/parse-json.ts";
import type { z } from "zod";
import type { RawData, WebSocket } from "ws";

/** Longest close reason that a WebSocket close frame can carry. */
const REASON_MAX_BYTES = 120;

export const closeWith = (socket: WebSocket, code: number, reason: string): void => {
  socket.close(code, Buffer.from(reason).subarray(0, REASON_MAX_BYTES).toString());
};

/** What a text frame says by its socket's schema, or why the protocol does not allow it. */
export const parseFrame = <S extends z.ZodType>(
  schema: S,
  data: RawData,
  isBinary: boolean,
): { type: "message"; message: z.infer<S> } | { type: "malformed"; reason: string } => {
  if (isBinary) return { type: "malformed", reason: "binary frames are not part of the protocol" };
  const parsed = schema.safeParse(parseJson(textOf(data)));
  if (parsed.success) return { type: "message", message: parsed.data };
  const [issue] = parsed.error.issues;
  const reason = `malformed frame: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`;
  return { type: "malformed", reason };
};

/** Bytes of a frame. */
export const sizeOf = (data: RawData): number =>
  Array.isArray(data) ? data.reduce((size, part) => size + part.byteLength, 0) : data.byteLength;

const textOf = (data: RawData): string => {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return data instanceof ArrayBuffer ? Buffer.from(data).toString() : data.toString();
};
