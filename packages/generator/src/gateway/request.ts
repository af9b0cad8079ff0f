/**
 * Which Messages requests are forwarded. Whatever could change a request's price is on an allow-list: its keys,
 * content blocks, tools, betas and models. Server tools, remote documents, fast mode and MCP servers cost more than
 * the tokens that the meter counts, so they are on no list.
 */
import { z } from "zod";
import { ApiError } from "./api-error.ts";
import type { GatewayConfig } from "./config.ts";

/** Betas that change neither the price nor who answers: those of the agent's harness and of caching. */
const BETAS = new Set([
  "claude-code-20250219",
  "context-management-2025-06-27",
  "effort-2025-11-24",
  "extended-cache-ttl-2025-04-11",
  "fine-grained-tool-streaming-2025-05-14",
  "interleaved-thinking-2025-05-14",
  "mid-conversation-tool-changes-2026-07-01",
  "per-turn-control-2026-07-01",
  "prompt-caching-scope-2026-01-05",
  "thinking-display-updates-2026-08-18",
  "thinking-token-count-2026-05-13",
  "token-counting-2024-11-01",
]);

/** The betas in an `anthropic-beta` header that may reach the API. The others are dropped. */
export const allowedBetas = (header: string | string[] | undefined): string[] =>
  [header ?? []]
    .flat()
    .flatMap((line) => line.split(","))
    .map((name) => name.trim())
    .filter((name) => BETAS.has(name));

/** Embedded, so that its size is known. Whatever a URL or a file id refers to could be any size. */
const EmbeddedSource = z.looseObject({ type: z.enum(["base64", "text"]), data: z.string() });
const image = z.looseObject({ type: z.literal("image"), source: EmbeddedSource });
const passive = z.looseObject({
  type: z.enum([
    "text",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "tool_reference",
    "tool_addition",
    "tool_removal",
    "search_result",
  ]),
});
const toolResult = z.looseObject({
  type: z.literal("tool_result"),
  content: z.union([z.string(), z.array(z.union([passive, image]))]).optional(),
});
const content = z.union([z.string(), z.array(z.union([passive, image, toolResult]))]);

/** A tool that the agent's side runs. Tools that the API runs have a dated type. */
const OwnTool = z.looseObject({ name: z.string(), type: z.literal("custom").optional() });
/** Edits that only remove something. Others let the model write a summary, which costs output. */
const Clearing = z.looseObject({ type: z.string().startsWith("clear_") });

const MessagesRequest = z.strictObject({
  model: z.string().max(200),
  max_tokens: z.int().min(1).optional(),
  messages: z.array(z.looseObject({ role: z.string(), content })),
  system: content.optional(),
  tools: z.array(OwnTool).optional(),
  tool_choice: z.unknown().optional(),
  thinking: z.looseObject({ budget_tokens: z.int().min(0).optional() }).optional(),
  context_management: z.looseObject({ edits: z.array(Clearing).optional() }).optional(),
  output_config: z.unknown().optional(),
  output_format: z.unknown().optional(),
  metadata: z.unknown().optional(),
  stop_sequences: z.unknown().optional(),
  stream: z.boolean().optional(),
  temperature: z.unknown().optional(),
  top_k: z.unknown().optional(),
  top_p: z.unknown().optional(),
});
/** A request whose price has an upper bound. */
export type MessagesRequest = z.infer<typeof MessagesRequest>;

const invalid = (message: string) => new ApiError(400, "invalid_request_error", message);

const parseJson = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new ApiError(400, "invalid_request_error", "The body is not JSON.", { cause });
  }
};

/** Names the place of the problem. Nothing of the request but its keys is repeated. */
const explain = ({ issues: [issue] }: z.ZodError): string => {
  if (!issue) return "The body is not a Messages request.";
  if (issue.code === "unrecognized_keys") return `${issue.keys.join(", ").slice(0, 200)}: not allowed here.`;
  const place = issue.path.join(".");
  return place ? `${place.slice(0, 200)}: not allowed here.` : "The body is not a Messages request.";
};

/**
 * Parses and judges a request's body. What is forwarded must be made from the result, so that nothing
 * that a second parser might read otherwise gets through.
 * @param onUnknownModel told of a model without a price
 * @throws ApiError in the API's own form, naming the key that is not allowed
 */
export const parseRequest = (
  body: Buffer,
  config: Pick<GatewayConfig, "LEO_ALLOWED_MODELS" | "LEO_MAX_OUTPUT_TOKENS">,
  onUnknownModel: (model: string, detail: string) => void = () => undefined,
): MessagesRequest => {
  const parsed = MessagesRequest.safeParse(parseJson(body));
  if (!parsed.success) throw invalid(explain(parsed.error));
  const request = parsed.data;
  const name = request.model.replace(/-\d{8}$/, "");
  if (!config.LEO_ALLOWED_MODELS.includes(request.model) && !config.LEO_ALLOWED_MODELS.includes(name)) {
    const detail = `The model ${request.model} is not allowed here.`;
    onUnknownModel(request.model, `${detail} Allowed are ${config.LEO_ALLOWED_MODELS.join(", ")}.`);
    throw new ApiError(403, "permission_error", detail);
  }
  const { max_tokens: maxTokens = 0 } = request;
  if (maxTokens > config.LEO_MAX_OUTPUT_TOKENS) {
    throw invalid(
      `max_tokens: ${maxTokens} > ${config.LEO_MAX_OUTPUT_TOKENS}, the most that is allowed here.`,
    );
  }
  return request;
};
