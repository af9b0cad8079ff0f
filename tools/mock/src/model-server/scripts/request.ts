import { z } from "zod";

/** A content block. Only the fields that the scripts read are named; the rest passes through. */
const Block = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  id: z.string().optional(),
  name: z.string().optional(),
  input: z.record(z.string(), z.unknown()).optional(),
  tool_use_id: z.string().optional(),
  is_error: z.boolean().nullish(),
  content: z.unknown().optional(),
});
export type Block = z.infer<typeof Block>;

const Content = z.union([z.string(), z.array(Block)]);

/** Body of `POST /v1/messages`, as far as the mock reads it. */
export const MessagesRequest = z.looseObject({
  model: z.string(),
  messages: z
    .array(z.looseObject({ role: z.enum(["user", "assistant", "system"]), content: Content }))
    .min(1),
  system: Content.optional(),
  tools: z.array(z.looseObject({ name: z.string().optional() })).optional(),
  stream: z.boolean().optional(),
  max_tokens: z.int().optional(),
  metadata: z.looseObject({ user_id: z.string().optional() }).nullish(),
});
export type MessagesRequest = z.infer<typeof MessagesRequest>;

/** Content as blocks; a plain string is one text block. */
export const blocksOf = (content: z.infer<typeof Content> | undefined): Block[] => {
  if (content === undefined) return [];
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
};

/** All text of a content, one block a line. */
export const textOf = (content: z.infer<typeof Content> | undefined): string =>
  blocksOf(content)
    .map((block) => block.text ?? "")
    .join("\n");
