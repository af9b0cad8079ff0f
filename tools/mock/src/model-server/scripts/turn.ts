/** What a script answers: one assistant message, or a fault instead of one. */

export interface ToolCall {
  name: string;
  input: Record<string, unknown>;
}

export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
}

export interface Turn {
  text?: string;
  tools?: ToolCall[];
  /** Defaults to `tool_use` with tools and `end_turn` without. */
  stopReason?: "refusal" | "max_tokens";
  /** Overrides the estimated token counts. */
  usage?: Partial<Usage>;
  /** Silence before the first content, with pings. */
  waitMs?: number;
  /** The stream gets no further than this many events. */
  breakAfterEvents?: number;
  /** Then it is cut, ends as if it were whole, brings an error event, or says nothing more. */
  breakWith?: "cut" | "end" | "error" | "silence";
}

export interface ApiFault {
  status: number;
  type: string;
  message: string;
  headers?: Record<string, string>;
}

export type Reply =
  | { kind: "turn"; turn: Turn }
  | { kind: "fault"; fault: ApiFault }
  /** Not the Messages API's own answer. */
  | { kind: "raw"; status: number; headers: Record<string, string>; body: string }
  /** A stream that never says anything. */
  | { kind: "stall" }
  /** No answer at all, and the connection stays. */
  | { kind: "mute" }
  /** No answer at all, and the connection goes. */
  | { kind: "cut" };

export const turn = (content: Turn): Reply => ({ kind: "turn", turn: content });
export const fault = (content: ApiFault): Reply => ({ kind: "fault", fault: content });
