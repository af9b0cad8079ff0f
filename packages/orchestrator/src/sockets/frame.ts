import { parseJson } from "@leo/core/parse-json.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import type { z } from "zod";
import type { RawData, WebSocket } from "ws";

/** Longest close reason that a WebSocket close frame can carry. */
const REASON_MAX_BYTES = 120;

export const closeWith = (socket: WebSocket, code: number, reason: string): void => {
  socket.close(code, Buffer.from(reason).subarray(0, REASON_MAX_BYTES).toString());
};

/**
 * Parses a text frame by its socket's schema.
 * @returns undefined after closing the socket with 4400 and the reason
 */
export const parseFrame = <S extends z.ZodType>(
  socket: WebSocket,
  schema: S,
  data: RawData,
  isBinary: boolean,
): z.infer<S> | undefined => {
  if (isBinary) {
    closeWith(socket, CloseCode.protocol, "binary frames are not part of the protocol");
    return undefined;
  }
  const parsed = schema.safeParse(parseJson(textOf(data)));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  closeWith(
    socket,
    CloseCode.protocol,
    `malformed frame: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
  );
  return undefined;
};

/** Bytes of a frame. */
export const sizeOf = (data: RawData): number =>
  Array.isArray(data) ? data.reduce((size, part) => size + part.byteLength, 0) : data.byteLength;

const textOf = (data: RawData): string => {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return data instanceof ArrayBuffer ? Buffer.from(data).toString() : data.toString();
};
