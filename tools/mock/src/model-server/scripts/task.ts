/**
 * What the newest prompt of a conversation means.
 *
 * Terms: a *request* is what the person asked for; a *repair* is the prompt that the generator
 * writes when its checks failed; an *approval* is the person's word on a plan. Repairs and
 * approvals carry on the request before them.
 */
import { currentExchange, type Conversation, type Exchange } from "./conversation.ts";
import { GENERAL_APP, appNamedIn, appShownBy, findApp, type AppScenario } from "./apps.ts";
import { isChangeRequest, mockWords, withoutMockWords } from "./prompt-words.ts";
import { toolsIn } from "./script.ts";

export interface Task {
  kind: "build" | "follow_up" | "repair" | "plan";
  app: AppScenario;
  /** The person's words: the request, and what they said to its plan. */
  prompt: string;
  /** Names of the behaviours asked for. */
  behaviours: string[];
  /** The person has replied to what the agent asked. */
  hasReply: boolean;
}

const REPAIR =
  /\b(?:(?:did|does) not pass|checks? failed|failed (?:its|the) checks?|build failed|error TS\d+|verification failed)\b/i;
/** What the generator says to an agent that changed nothing. */
const NUDGE = /^you have changed no file\b/i;
/** Prompts that the harness itself adds after a refusal, a cut answer or a restart. */
const NOTICE = /^(?:your response above was|output token limit|continue from where you left off)/i;
const PLANNING = /^propose a plan\b/i;
const APPROVAL = /^the answer to your plan:\s+([\s\S]*?)(?:\s+build the app now[^\n]*)?$/i;
/** What the generator writes before a request ends with this line. */
const WRAPPED = /\brequest:\n\n([\s\S]+)$/i;
const GO_ON = /^(?:continue|go on|carry on|proceed|resume|keep going)\b/i;
const NEW_APP =
  /^(?:an? |build |create |i want an? |i need an? )|\b(?:app|site|website|tracker|game|tool|dashboard)\b/i;

/** A prompt without the words that the generator put around the person's. */
const personsWords = (prompt: string) =>
  (APPROVAL.exec(prompt) ?? WRAPPED.exec(prompt))?.[1]?.trim() ?? prompt;

const isRepair = ({ prompt }: Exchange) => REPAIR.test(prompt);
/** True for a prompt that no person wrote. */
const isMachine = (exchange: Exchange) =>
  isRepair(exchange) || NOTICE.test(exchange.prompt) || NUDGE.test(exchange.prompt);
/** True for the prompt that follows a turn in which nothing was changed. */
export const isNudge = ({ prompt }: Exchange) => NUDGE.test(prompt);

const wroteFiles = ({ toolTurns }: Exchange) =>
  toolTurns.flat().some(({ name }) => name === "Write" || name === "Edit");

/** The names in a setting, separated by spaces or commas. */
export const scenarioWords = (scenario: string) =>
  scenario
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);

const asksForPlan = (exchange: Exchange, words: string[]) =>
  PLANNING.test(exchange.prompt) ||
  words.includes("plan-first") ||
  mockWords(exchange.prompt).includes("plan-first");

/** True where the agent asked something before it would begin, and has not begun since. */
const isOpenQuestion = (exchanges: Exchange[], words: string[]) => {
  const asking = exchanges.findLast((exchange) => !isMachine(exchange));
  if (!asking || exchanges.some(wroteFiles)) return false;
  return words.includes("asks") || mockWords(asking.prompt).includes("asks");
};

/** The exchanges of the newest request: itself, its approval, the reply to a question about it, its repairs. */
const exchangesOfRequest = (exchanges: Exchange[], words: string[]): [Exchange, ...Exchange[]] => {
  const isOpenPlan = (exchange: Exchange) =>
    asksForPlan(exchange, words) && exchange.answered && !wroteFiles(exchange);
  let first = exchanges.length - 1;
  for (; first > 0; first -= 1) {
    const [previous, exchange] = exchanges.slice(first - 1, first + 1) as [Exchange, Exchange];
    const carriesOn =
      isMachine(exchange) ||
      APPROVAL.test(exchange.prompt) ||
      isOpenPlan(previous) ||
      isOpenQuestion(exchanges.slice(0, first), words);
    if (!carriesOn) break;
  }
  return exchanges.slice(first) as [Exchange, ...Exchange[]];
};

/** What a request asks for when it goes straight to work. */
const kindOfWork = (existing: AppScenario | undefined, request: string): "build" | "follow_up" => {
  if (!existing) return "build";
  if (isChangeRequest(request)) return "follow_up";
  if (appNamedIn(request) || GO_ON.test(request)) return "build";
  return NEW_APP.test(withoutMockWords(request)) ? "build" : "follow_up";
};

const behavioursIn = (words: string[], text: string) =>
  [...words, ...mockWords(text)].filter((word) => !findApp(word));

/** Reads the task from a conversation and from `scenario`, which holds for all of them. */
export const readTask = (conversation: Conversation, scenario: string): Task => {
  const words = scenarioWords(scenario);
  const current = currentExchange(conversation);
  const own = exchangesOfRequest(conversation.exchanges, words);
  const request = personsWords(own[0].prompt);
  const isAnswered = own.length > 1;

  const heard = GO_ON.test(request) ? conversation.exchanges : own;
  const prompt = heard
    .filter((exchange, index) => index === 0 || !isMachine(exchange))
    .map((exchange) => personsWords(exchange.prompt))
    .join("\n");

  const path = String(toolsIn(conversation).read("src/App.tsx").input.file_path);
  const existing = appShownBy(current.before.get(path) ?? "");
  const task = {
    prompt,
    hasReply: own.filter((exchange) => !isMachine(exchange)).length > 1,
    behaviours: behavioursIn(words, prompt),
    app: words.map(findApp).find(Boolean) ?? appNamedIn(prompt) ?? GENERAL_APP,
  };

  if (isAnswered && isRepair(current)) {
    // What is broken may come from any request of the session.
    const said = conversation.exchanges.map((exchange) => exchange.prompt).join("\n");
    return { ...task, kind: "repair", behaviours: behavioursIn(words, said), app: existing ?? task.app };
  }
  const work = kindOfWork(existing, request);
  const app = work === "follow_up" && existing ? existing : task.app;
  const plans =
    PLANNING.test(current.prompt) || (asksForPlan(own[0], words) && !isAnswered && !wroteFiles(current));
  return { ...task, kind: plans ? "plan" : work, app };
};
