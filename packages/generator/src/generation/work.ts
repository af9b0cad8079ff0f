/**
 * What a run does between preparing and storing: plan, let the agent work, answer what the user
 * adds, check, give failed checks back.
 */
import { failure } from "@leo/core/failure.ts";
import type { StartGeneration } from "@leo/core/protocol/generator.ts";
import type { AgentSession } from "../agent/session.ts";
import { fixPrompt, planAnsweredPrompt, planPrompt, resumedPrompt } from "../agent/system-prompt.ts";
import type { Report } from "../report.ts";
import type { Clock } from "../socket/clock.ts";
import type { Verification } from "../verify/verify.ts";
import type { CheckpointState } from "../workspace/checkpoint.ts";
import { failed } from "./stop-cause.ts";
import type { UserMessages } from "./user-messages.ts";

/** Rounds of checks for one request, the first included. */
const VERIFY_ROUNDS = 3;
/** A run that waits for a person says so again before anybody takes it for dead. */
const WAITING_TOLD_EVERY_MS = 240_000;

export interface Work {
  start: StartGeneration;
  /** What the previous attempt or version had been up to. */
  restored: CheckpointState;
  session: Pick<AgentSession, "turn">;
  userMessages: UserMessages;
  verify: () => Promise<Verification>;
  onPlanAccepted: () => void;
  report: Report;
  clock: Clock;
}

/**
 * Does the work of one generation.
 * @throws Stopped when it cannot be done
 */
export const doWork = async (work: Work): Promise<void> => {
  const { session, userMessages } = work;
  await session.turn(await firstPrompt(work));
  let roundsLeft = VERIFY_ROUNDS;
  for (;;) {
    for (let message = userMessages.take(); message; message = userMessages.take()) {
      await session.turn(message.text);
      roundsLeft = VERIFY_ROUNDS;
    }
    const { passed, checks } = await work.verify();
    if (userMessages.waiting > 0) continue;
    if (passed) return;
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

const firstPrompt = async (work: Work): Promise<string> => {
  const { start, restored } = work;
  if (start.mode === "plan_first" && !restored.planAccepted)
    return planAnsweredPrompt(await agreeOnPlan(work));
  return start.previous?.kind === "checkpoint" ? resumedPrompt(start.prompt) : start.prompt;
};

/** Proposes a plan and waits for the user's word, however long that takes. @returns what the user said */
const agreeOnPlan = async ({ start, session, userMessages, onPlanAccepted, report, clock }: Work) => {
  report({ type: "progress", step: "planning" });
  const plan = await session.turn(planPrompt(start.prompt), true);
  report({ type: "plan_proposed", text: plan });

  let cancel = () => {};
  const tell = () => {
    report({ type: "progress", step: "planning", text: "Waiting for your answer to the plan." });
    cancel = clock.after(WAITING_TOLD_EVERY_MS, tell);
  };
  tell();
  try {
    const { text } = await userMessages.next();
    onPlanAccepted();
    report({ type: "progress", step: "agent" });
    return text;
  } finally {
    cancel();
  }
};
