import { textOf, type MessagesRequest } from "./request.ts";
import { turn, type Reply } from "./turn.ts";
import { titleFromPrompt } from "./prompt-words.ts";

const wantsJson = (request: MessagesRequest) =>
  JSON.stringify(request.output_config ?? request.output_format ?? "").includes("json_schema");

/**
 * Answers what the harness asks besides the work: a title for the session, a summary of a long
 * conversation, a probe of the quota. Such requests cannot write files, which is how they are told
 * from the agent's own; they never take part in a script.
 * @returns undefined when the request is the agent's own
 */
export const answerSideRequest = (request: MessagesRequest): Reply | undefined => {
  const canWrite = (request.tools ?? []).some((tool) => tool.name === "Write");
  const newest = textOf(request.messages.at(-1)?.content);
  if (/create a detailed summary of (?:the|this) conversation/i.test(newest)) {
    return turn({
      text: "<summary>\nThe app was built as asked; its files are in the workspace.\n</summary>",
    });
  }
  if (canWrite) return undefined;
  const title = titleFromPrompt(textOf(request.messages[0]?.content), "New app");
  if (wantsJson(request)) return turn({ text: JSON.stringify({ title, isNewTopic: true }) });
  return turn({ text: title });
};
