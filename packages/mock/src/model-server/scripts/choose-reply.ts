import { currentExchange, type Conversation } from "../conversation.ts";
import type { MessagesRequest } from "../request.ts";
import { turn, type Reply } from "../turn.ts";
import { appNamedIn, findApp, GENERAL_APP } from "./apps.ts";
import { buildAppScript } from "./build-app.ts";
import { playScript } from "./script.ts";
import { answerSideRequest } from "./side-request.ts";

export interface ReplyContext {
  /** Names that hold for every conversation: a behaviour, an app or both. */
  scenario: string;
  slowMs: number;
  /** Counts a try under a key and returns how many there were: 1 for the first. */
  countTry: (key: string) => number;
}

/** Decides the answer to one request from the conversation it carries. */
export const chooseReply = async (
  request: MessagesRequest,
  conversation: Conversation,
  context: ReplyContext,
): Promise<Reply> => {
  const aside = answerSideRequest(request);
  if (aside) return aside;
  const { prompt } = currentExchange(conversation);
  const app = findApp(context.scenario) ?? appNamedIn(prompt) ?? GENERAL_APP;
  return turn(await playScript(buildAppScript(app, prompt), conversation));
};
