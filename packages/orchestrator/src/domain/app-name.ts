import { LIMITS } from "@leo/core/limits.ts";

const MAX_WORDS = 6;
const MAX_CHARS = Math.min(48, LIMITS.appNameMaxChars);
const LEAD_IN =
  /^(?:(?:hi|hello|please|can you|could you|would you|i want|i need|i'd like|we need|let's|help me|you|to)[,\s]+)*(?:(?:build|make|create|design|write|generate|develop|code|implement|have|give)(?:\s+(?:me|us))?\s+)?(?:(?:a|an|the|my|some)\s+)?/i;
/** Words that open a description of the thing rather than name it. */
const DETAIL = /\s+(?:that|which|where|so that|with|using|for)\s/i;

const firstSentence = (text: string) => text.trim().split(/[\n\r.!?;:]/u, 1)[0] ?? "";

const shorten = (text: string) => {
  const words = text.split(/\s+/u).filter(Boolean).slice(0, MAX_WORDS);
  while (words.length > 1 && words.join(" ").length > MAX_CHARS) words.pop();
  return words.join(" ").slice(0, MAX_CHARS).toWellFormed();
};

/**
 * A short name for an app from the request for it: "build me a todo list with dark mode" → "Todo list".
 * @returns 1–48 characters without control characters
 */
export const nameFromPrompt = (prompt: string): string => {
  const sentence = firstSentence(prompt)
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim();
  const subject = sentence.replace(LEAD_IN, "");
  const [thing = ""] = subject.split(DETAIL, 1);
  const name = shorten(thing.replaceAll(/^[\s"'`,*#-]+|[\s"'`,*-]+$/gu, "") || subject || sentence).trim();
  return name ? name.charAt(0).toUpperCase() + name.slice(1) : "Untitled app";
};
