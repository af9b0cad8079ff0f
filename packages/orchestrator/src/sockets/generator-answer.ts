import type { Context } from "../app-context.ts";
import type { AttemptRow } from "../generation/attempt.ts";
import { completeWork, wordOf } from "../generation/complete.ts";
import { takeUserMessages } from "../generation/messages.ts";
import { composeStart } from "../generation/start.ts";
import type { Answer, Question } from "./generator-jobs.ts";
import { becomeReady, findWork } from "./generator-work.ts";

/** @returns how the attempt stands once it is recorded as ready */
const welcome = async (
  context: Context,
  attempt: AttemptRow,
  started: boolean,
  onReady: (durationMs: number) => void,
) => {
  const at = context.now();
  if (await becomeReady(context, attempt, at)) onReady(at.getTime() - attempt.createdAt.getTime());
  const found = await findWork(context.database, { attemptId: attempt.id });
  // An orchestrator may have died between storing the last message and acting on it.
  const word = started && found?.attempt.cutAt === null ? await wordOf(context, found.attempt) : undefined;
  if (word) await completeWork(context, attempt.generationId, attempt.number, word);
  return found;
};

/**
 * Asks the database, and the bucket, what a generator's session wants to know of its attempt.
 * @param onReady called with the time since the launch when the attempt is ready for the first time
 */
export const answerQuestion = async (
  context: Context,
  attempt: AttemptRow,
  question: Question,
  onReady: (durationMs: number) => void,
): Promise<Answer> => {
  const { id, generationId, number } = attempt;
  switch (question.type) {
    case "welcome":
      return { ...question, found: await welcome(context, attempt, question.started, onReady) };
    case "compose": {
      const { work } = question;
      return { ...question, start: await composeStart(context, work.generation, work.attempt) };
    }
    case "look":
      return { ...question, found: await findWork(context.database, { attemptId: id }) };
    case "take": {
      const messages = await takeUserMessages(context.database.orm, generationId, number, question.again);
      return { ...question, messages };
    }
    case "complete":
      break;
  }
  await completeWork(context, generationId, number, question.word);
  return question;
};
