/** Frames and streams on a socket, for both ends. */
import type { Socket } from "node:net";
import { Readable, Writable } from "node:stream";
import { SandboxFault } from "./fault.ts";
import {
  CHANNELS,
  FRAME,
  MESSAGE_MAX_BYTES,
  PIECE_MAX_BYTES,
  StreamMessage,
  WINDOW_BYTES,
  type Channel,
} from "./protocol.ts";

/** The other side broke the protocol. */
export class ProtocolError extends SandboxFault {
  override name = "ProtocolError";
}

const HEADER_BYTES = 5;
/** Of a piece: its request's id and channel. */
const PIECE_HEADER_BYTES = 5;

const MAX_BYTES = new Map<number, number>([
  [FRAME.message, MESSAGE_MAX_BYTES],
  [FRAME.piece, PIECE_HEADER_BYTES + PIECE_MAX_BYTES],
]);

/** Credit is given in amounts of this size, rather than for every line of text. */
const CREDITED_BYTES = WINDOW_BYTES / 4;

const CHANNEL_NAMES = Object.keys(CHANNELS) as Channel[];

/** Splits a socket's data into frames, and buffers at most one incomplete frame. */
class FrameReader {
  #pending = Buffer.alloc(0);

  /** @throws ProtocolError for a kind that is unknown or a length that is too large */
  *push(chunk: Buffer): Generator<{ kind: number; payload: Buffer }> {
    let rest = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk;
    while (rest.length >= HEADER_BYTES) {
      const sizeBytes = rest.readUInt32BE(0);
      const kind = rest.readUInt8(4);
      const maxBytes = MAX_BYTES.get(kind);
      if (maxBytes === undefined) throw new ProtocolError(`there is no frame of kind ${kind}`);
      if (sizeBytes > maxBytes)
        throw new ProtocolError(`a frame has ${sizeBytes} bytes, ${maxBytes} are allowed`);
      if (rest.length < HEADER_BYTES + sizeBytes) break;
      yield { kind, payload: rest.subarray(HEADER_BYTES, HEADER_BYTES + sizeBytes) };
      rest = rest.subarray(HEADER_BYTES + sizeBytes);
    }
    // A copy, so that the rest of a chunk doesn't keep all of it in memory.
    this.#pending = Buffer.from(rest);
  }
}

const frame = (kind: number, ...parts: Buffer[]): Buffer => {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(parts.reduce((sum, { length }) => sum + length, 0));
  header.writeUInt8(kind, 4);
  return Buffer.concat([header, ...parts]);
};

interface Incoming {
  stream: Readable;
  /** How much may still arrive before the reader takes something. */
  roomBytes: number;
  /** Has arrived and isn't credited yet. */
  takenBytes: number;
  ended: boolean;
}

interface Outgoing {
  stream: Writable;
  roomBytes: number;
  /** Called when there is room again. */
  resume: (() => void) | undefined;
}

export interface WireOptions {
  socket: Socket;
  /** Gets every message that isn't about a stream. If it throws, the connection ends. */
  onMessage: (message: unknown) => void;
  /** Called once, with the error, if any. */
  onClosed: (error: Error | undefined) => void;
  /** Whether a piece for a finished request breaks the protocol or is just late. */
  isStrict: boolean;
}

export class Wire {
  readonly #options: WireOptions;
  readonly #incoming = new Map<string, Incoming>();
  readonly #outgoing = new Map<string, Outgoing>();
  readonly #frames = new FrameReader();
  #error: Error | undefined;

  constructor(options: WireOptions) {
    this.#options = options;
    const { socket } = options;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => {
      this.#error ??= error;
    });
    socket.once("close", () => this.#closed());
  }

  send(message: { type: string }): void {
    if (this.#options.socket.destroyed) return;
    const payload = Buffer.from(JSON.stringify(message));
    if (payload.length > MESSAGE_MAX_BYTES)
      throw new ProtocolError(`a message of ${payload.length} bytes is too large to send`);
    this.#options.socket.write(frame(FRAME.message, payload));
  }

  /** Opens the stream that the other side sends on a channel of a request. */
  openIncoming(id: number, channel: Channel): Readable {
    const grant = () => {
      const { takenBytes } = incoming;
      if (takenBytes < CREDITED_BYTES || incoming.ended) return;
      incoming.takenBytes = 0;
      incoming.roomBytes += takenBytes;
      this.send({ type: "credit", id, channel, bytes: takenBytes } as StreamMessage);
    };
    const stream = new Readable({ read: grant, highWaterMark: PIECE_MAX_BYTES });
    const incoming: Incoming = { stream, roomBytes: WINDOW_BYTES, takenBytes: 0, ended: false };
    this.#incoming.set(`${id} ${channel}`, incoming);
    return stream;
  }

  /** Opens the stream that this side sends. It takes no more than the other side has room for. */
  openOutgoing(id: number, channel: Channel): Writable {
    const write = (chunk: Buffer, done: (error?: Error | null) => void): void => {
      if (chunk.length === 0) return done();
      const sizeBytes = Math.min(chunk.length, PIECE_MAX_BYTES, outgoing.roomBytes);
      if (sizeBytes === 0) {
        outgoing.resume = () => write(chunk, done);
        return;
      }
      outgoing.roomBytes -= sizeBytes;
      this.#sendPiece(id, channel, chunk.subarray(0, sizeBytes));
      write(chunk.subarray(sizeBytes), done);
    };
    const stream = new Writable({
      highWaterMark: PIECE_MAX_BYTES,
      write: (chunk: Buffer, _encoding, done) => write(chunk, done),
      final: (done) => {
        this.send({ type: "end", id, channel } as StreamMessage);
        done();
      },
    });
    const outgoing: Outgoing = { stream, roomBytes: WINDOW_BYTES, resume: undefined };
    this.#outgoing.set(`${id} ${channel}`, outgoing);
    return stream;
  }

  /** Ends a request's streams. What has arrived can still be read. */
  release(id: number): void {
    for (const channel of CHANNEL_NAMES) {
      const key = `${id} ${channel}`;
      const incoming = this.#incoming.get(key);
      if (incoming && !incoming.ended) incoming.stream.push(null);
      if (incoming) incoming.ended = true;
      this.#outgoing.get(key)?.stream.destroy();
      this.#incoming.delete(key);
      this.#outgoing.delete(key);
    }
  }

  /** Closes the connection. @param error why, if something is wrong */
  close(error?: Error): void {
    this.#error ??= error;
    this.#options.socket.destroy();
  }

  #sendPiece(id: number, channel: Channel, piece: Buffer): void {
    const header = Buffer.alloc(PIECE_HEADER_BYTES);
    header.writeUInt32BE(id);
    header.writeUInt8(CHANNELS[channel], 4);
    if (!this.#options.socket.destroyed) this.#options.socket.write(frame(FRAME.piece, header, piece));
  }

  #receive(chunk: Buffer): void {
    try {
      for (const { kind, payload } of this.#frames.push(chunk)) {
        if (this.#options.socket.destroyed) return;
        if (kind === FRAME.piece) this.#receivePiece(payload);
        else this.#receiveMessage(JSON.parse(payload.toString("utf8")));
      }
    } catch (error) {
      this.close(error instanceof Error ? error : new ProtocolError(String(error)));
    }
  }

  #receiveMessage(message: unknown): void {
    const aboutStream = StreamMessage.safeParse(message);
    if (!aboutStream.success) return this.#options.onMessage(message);
    const key = `${aboutStream.data.id} ${aboutStream.data.channel}`;
    if (aboutStream.data.type === "end") return this.#endIncoming(key);
    const outgoing = this.#outgoing.get(key);
    // The request is already over.
    if (!outgoing) return;
    outgoing.roomBytes += aboutStream.data.bytes;
    if (outgoing.roomBytes > WINDOW_BYTES) throw new ProtocolError("more was taken than was sent");
    const { resume } = outgoing;
    outgoing.resume = undefined;
    resume?.();
  }

  #endIncoming(key: string): void {
    const incoming = this.#incoming.get(key);
    if (incoming?.ended) throw new ProtocolError("a stream ended twice");
    if (!incoming) {
      if (this.#options.isStrict) throw new ProtocolError("a stream ended that nobody asked for");
      return;
    }
    incoming.ended = true;
    incoming.stream.push(null);
  }

  #receivePiece(payload: Buffer): void {
    if (payload.length <= PIECE_HEADER_BYTES) throw new ProtocolError("a piece of a stream is empty");
    const channel = CHANNEL_NAMES[payload.readUInt8(4)];
    const incoming = this.#incoming.get(`${payload.readUInt32BE(0)} ${channel}`);
    if (!incoming && !this.#options.isStrict) return;
    if (!incoming || incoming.ended) throw new ProtocolError("a piece came of a stream that is not open");
    const piece = Buffer.from(payload.subarray(PIECE_HEADER_BYTES));
    incoming.roomBytes -= piece.length;
    if (incoming.roomBytes < 0) throw new ProtocolError("more was sent than there was room for");
    incoming.takenBytes += piece.length;
    incoming.stream.push(piece);
  }

  #closed(): void {
    // Destroyed rather than ended, so that readers notice the break.
    for (const { stream, ended } of this.#incoming.values()) if (!ended) stream.destroy();
    for (const { stream } of this.#outgoing.values()) stream.destroy();
    this.#incoming.clear();
    this.#outgoing.clear();
    this.#options.onClosed(this.#error);
  }
}
