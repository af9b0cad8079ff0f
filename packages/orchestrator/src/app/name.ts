import { isBlank } from "@leo/core/blank.ts";
import { LIMITS } from "@leo/core/limits.ts";

const MAX_WORDS = 6;
const MAX_CHARS = Math.min(48, LIMITS.appNameMaxChars);
/** "Please can you build me a …" */
const LEAD_IN =
  /^(?:(?:hi|hello|please|can you|could you|would you|i want|i need|i'd like|we need|let's|help me|you|to)[,\s]+)*(?:(?:build|make|create|design|write|generate|develop|code|implement|have|give)(?:\s+(?:me|us))?\s+)?(?:(?:a|an|the|my|some)\s+)?/i;
/** What opens a description of the thing rather than names it. */
const DETAIL = /,|\s+(?:that|which|where|so that|with|using|for)\s/i;
/** Names that say nothing without the description. */
const GENERIC =
  /^(?:(?:web|mobile|simple|small|new|single|page|one)[\s-]+)*(?:app|application|page|site|website|tool|thing|game)$/i;
const EDGES = /^[\s"'`,*#-]+|[\s"'`,*-]+$/gu;

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
  const [first = ""] = prompt.trim().split(/[\n\r.!?;:]/u, 1);
  const sentence = first.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  const subject = sentence.replace(LEAD_IN, "");
  const [thing = ""] = subject.split(DETAIL, 1);
  const name = GENERIC.test(thing.trim()) ? subject : thing;
  const short = shorten(name.replaceAll(EDGES, "") || subject || sentence).replaceAll(EDGES, "");
  return isBlank(short) ? "Untitled app" : short.charAt(0).toUpperCase() + short.slice(1);
};
