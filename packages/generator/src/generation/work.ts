/**
 * What a run does between preparing and storing: plan, let the agent work, answer added requests, check the app,
 * and send failed checks back to the agent.
 *
 * The user may add a request at any time. So after each turn, before proposing a plan for approval and before
 * storing the version, the run reports where it is and waits for the acknowledgement. By then the oldest waiting
 * request has arrived, and is answered first.
 */
import { failure } from "@leo/core/failure.ts";
import type { StartGeneration } from "@leo/core/protocol/generator.ts";
import type { AgentSession } from "./agent-session.ts";
import {
  fixPrompt,
  NOTHING_CHANGED_PROMPT,
  planAnsweredPrompt,
  planChangedPrompt,
  planPrompt,
  resumedPrompt,
} from "../agent/system-prompt.ts";
import type { Report } from "../report.ts";
import type { Clock } from "../socket/clock.ts";
import type { Verification } from "../verify/claimed-checks.ts";
import type { CheckpointState } from "../workspace/checkpoint-format.ts";
import { failed } from "./stop-cause.ts";
import type { UserMessage, UserMessages } from "./user-messages.ts";

/** Rounds of checks per request, including the first. */
const VERIFY_ROUNDS = 3;
/** A run that waits for a person reports it again before it counts as stalled. */
const WAITING_REPORTED_EVERY_MS = 240_000;
/** How long an unreachable orchestrator may delay the storing of a finished version. */
const ACKNOWLEDGED_MS = 5_000;

export interface Work {
  start: StartGeneration;
  /** Where the previous attempt or version left off. */
  restored: CheckpointState;
  session: Pick<AgentSession, "turn">;
  userMessages: UserMessages;
  verify: () => Promise<Verification>;
  /** Whether any file of the app differs from the start of the run. */
  hasChanged: () => Promise<boolean>;
  onPlanAccepted: () => void;
  /** Called when an added request has been answered. */
  onAnswered: (messageId: string) => void;
  report: Report;
  /** Resolves when everything reported so far is acknowledged. */
  delivered: () => Promise<void>;
  clock: Clock;
}

/** The result of a run: a version, or an answer in words if no file of the app changed. */
export type Outcome = "version" | "answer";

/**
 * Does the work of one generation. An agent that changed nothing gets one more turn before its words count as the
 * answer. An answer needs no checks, because the app hasn't changed.
 * @throws Stopped if the work fails
 */
export const doWork = async (work: Work): Promise<Outcome> => {
  const { session, userMessages } = work;
  await session.turn(await firstPrompt(work));
  let roundsLeft = VERIFY_ROUNDS;
  let wasAskedAgain = false;
  for (;;) {
    if (await answerAll(work, ({ text }) => session.turn(text))) {
      roundsLeft = VERIFY_ROUNDS;
      wasAskedAgain = false;
    }
    if (!(await work.hasChanged())) {
      if (wasAskedAgain && (await isLastWord(work))) return "answer";
      if (!wasAskedAgain) await session.turn(NOTHING_CHANGED_PROMPT);
      wasAskedAgain = true;
      continue;
    }
    const { passed, checks } = await work.verify();
    if (userMessages.waiting > 0) continue;
    if (passed) {
      if (await isLastWord(work)) return "version";
      continue;
    }
    const wrong = checks.flatMap(({ name, result, output = "" }) =>
      result === "failed" ? [{ name, output }] : [],
    );
    roundsLeft -= 1;
    if (roundsLeft === 0) {
      throw failed(
        failure("verify_failed", wrong.map(({ name, output }) => `${name}: ${output}`).join("\n\n")),
      );
    }
    await session.turn(fixPrompt(wrong));
  }
};

/** Closes the run to further requests. @returns false if one was added before that */
const isLastWord = async (work: Work): Promise<boolean> => {
  work.report({ type: "progress", step: "uploading" });
  await acknowledged(work);
  if (work.userMessages.waiting === 0) return true;
  work.report({ type: "progress", step: "agent" });
  return false;
};

/** Answers every waiting request after a turn. @returns whether there was one */
const answerAll = async (
  work: Work,
  answer: (message: UserMessage) => Promise<unknown>,
): Promise<boolean> => {
  const { userMessages, report, onAnswered } = work;
  let answered = false;
  await acknowledged(work);
  for (let message = userMessages.take(); message; message = userMessages.take()) {
    const { messageId } = message;
    report({ type: "user_message_taken", messageId });
    await answer(message);
    onAnswered(messageId);
    answered = true;
    await acknowledged(work);
  }
  return answered;
};

/** Waits for the orchestrator's acknowledgement, unless it's unreachable. */
const acknowledged = async ({ delivered, clock }: Work): Promise<void> => {
  const tooLate = Promise.withResolvers<void>();
  const cancel = clock.after(ACKNOWLEDGED_MS, () => tooLate.resolve());
  await Promise.race([delivered(), tooLate.promise]);
  cancel();
};

const firstPrompt = async (work: Work): Promise<string> => {
  const { start, restored } = work;
  if (start.mode === "plan_first" && !restored.planAccepted)
    return planAnsweredPrompt(await agreeOnPlan(work));
  return start.previous?.kind === "checkpoint" ? resumedPrompt(start.prompt) : start.prompt;
};

/** Proposes a plan and waits for the user's answer, however long that takes. @returns the answer */
const agreeOnPlan = async (work: Work): Promise<string> => {
  const { start, session, userMessages, report } = work;
  report({ type: "progress", step: "planning" });
  let plan = await session.turn(planPrompt(start.prompt), true);
  do {
    await answerAll(work, async ({ text }) => {
      plan = await session.turn(planChangedPrompt(text), true);
    });
    report({ type: "plan_proposed", text: plan });
    await work.delivered();
  } while (userMessages.waiting > 0);
  const { messageId, text } = await answerToPlan(work);
  report({ type: "user_message_taken", messageId });
  work.onPlanAccepted();
  work.onAnswered(messageId);
  report({ type: "progress", step: "agent" });
  return text;
};

const answerToPlan = async ({ userMessages, report, clock }: Work): Promise<UserMessage> => {
  let cancel = () => {};
  const remind = () => {
    report({ type: "progress", step: "planning", text: "Waiting for your answer to the plan." });
    cancel = clock.after(WAITING_REPORTED_EVERY_MS, remind);
  };
  remind();
  try {
    return await userMessages.next();
  } finally {
    cancel();
  }
};
