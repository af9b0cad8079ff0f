import { currentExchange, type Conversation } from "./conversation.ts";
import type { MessagesRequest } from "./request.ts";
import { turn, type Reply, type Turn } from "./turn.ts";
import { findApp } from "./apps.ts";
import { insertedTurn, isBehaviour, strikingFault } from "./behaviours.ts";
import type { ModelFaults } from "./model-faults.ts";
import { buildAppScript, placeholders } from "./build-app.ts";
import { followUpScript } from "./follow-up.ts";
import { capitalised, isChangeRequest, withoutMockWords } from "./prompt-words.ts";
import { playScript, toolsIn, type Step } from "./script.ts";
import { answerSideRequest } from "./side-request.ts";
import { readTask, scenarioWords, type Task } from "./task.ts";

export interface ReplyContext {
  /** Names that hold for every conversation: behaviours, an app or both, separated by spaces. */
  scenario: string;
  slowMs: number;
  modelFaults: ModelFaults;
}

const proposePlan = ({ app, prompt }: Task): Step[] => {
  const { title } = placeholders(app, prompt);
  const steps = isChangeRequest(prompt)
    ? ["Look at the files that the change touches", withoutMockWords(prompt), "Leave the rest as it is"]
    : [
        `A page named “${title}” with a light and a dark theme`,
        "State that survives a reload",
        ...app.features,
      ];
  const lines = steps.map((step, index) => `${index + 1}. ${capitalised(step)}`);
  return [() => ({ text: `Here is my plan:\n\n${lines.join("\n")}\n\nShall I go ahead?` })];
};

const lookAgain: Step[] = [
  (conversation) => ({
    text: "I'll look at what failed.",
    tools: [toolsIn(conversation).read("src/App.tsx")],
  }),
  () => ({ text: "The sources look right to me; I changed nothing." }),
];

const SCRIPTS: Record<Task["kind"], (task: Task) => Step[]> = {
  plan: proposePlan,
  repair: () => lookAgain,
  follow_up: ({ app, prompt }) => [followUpScript(app, prompt)],
  build: ({ app, prompt }) => buildAppScript(app, prompt),
};

/** @throws when the words name neither an app nor a behaviour */
export const checkScenario = (scenario: string) => {
  const unknown = scenarioWords(scenario).find((word) => !isBehaviour(word) && !findApp(word));
  if (unknown) throw new Error(`leo-mock knows no scenario named “${unknown}”.`);
};

/**
 * Decides the answer to one request from the conversation it carries. A behaviour that does not
 * exist is answered with a sentence that says so.
 */
export const chooseReply = async (
  request: MessagesRequest,
  conversation: Conversation,
  context: ReplyContext,
): Promise<Reply> => {
  const task = readTask(conversation, context.scenario);
  const unknown = task.behaviours.find((name) => !isBehaviour(name));
  if (unknown) return turn({ text: `leo-mock knows no scenario named “${unknown}”.` });
  const step = currentExchange(conversation).toolTurns.length;
  const { inserted, ownStep } = insertedTurn(task, conversation, step);
  const normal = async (): Promise<Turn> =>
    inserted ?? playScript(SCRIPTS[task.kind](task), conversation, ownStep);
  const aside = answerSideRequest(request);
  if (aside) return aside;
  const scene = { conversation, task, step, slowMs: context.slowMs, normal };
  return (await strikingFault(scene, context.modelFaults)) ?? turn(await normal());
};
