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
  /** Cuts the connection after this many stream events. */
  dropAfterEvents?: number;
}

export interface ApiFault {
  status: number;
  type: string;
  message: string;
  headers?: Record<string, string>;
}

export type Reply = { kind: "turn"; turn: Turn } | { kind: "fault"; fault: ApiFault } | { kind: "stall" };

export const turn = (content: Turn): Reply => ({ kind: "turn", turn: content });
export const fault = (content: ApiFault): Reply => ({ kind: "fault", fault: content });
