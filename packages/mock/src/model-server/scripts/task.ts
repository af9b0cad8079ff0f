/**
 * What the newest prompt of a conversation means.
 *
 * Terms: a *request* is what the person asked for; a *repair* is a prompt that the generator writes
 * when its checks failed; an *approval* is the person's word on a plan. Repairs and approvals carry
 * on the request before them.
 */
import { currentExchange, type Conversation, type Exchange } from "../conversation.ts";
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
}

const REPAIR =
  /\b(?:(?:did|does) not pass|checks? failed|failed (?:its|the) checks?|build failed|type ?check (?:failed|errors?)|error TS\d+|verification failed)\b/i;
const PLANNING = /\bplan[_ -]first\b|\bplan mode is active\b/i;
const GO_ON = /^(?:continue|go on|carry on|proceed|resume|keep going)\b/i;
const NEW_APP =
  /^(?:an? |build |create |i want an? |i need an? )|\b(?:app|site|website|tracker|game|tool|dashboard)\b/i;

const wroteFiles = ({ toolTurns }: Exchange) =>
  toolTurns.flat().some(({ name }) => name === "Write" || name === "Edit");

/** The names in a setting, separated by spaces or commas. */
export const scenarioWords = (scenario: string) =>
  scenario
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);

/** What an exchange asks for when its words are those of a person. */
const kindOfRequest = (existing: AppScenario | undefined, prompt: string): "build" | "follow_up" => {
  if (!existing) return "build";
  if (isChangeRequest(prompt)) return "follow_up";
  if (appNamedIn(prompt) || GO_ON.test(prompt)) return "build";
  return NEW_APP.test(withoutMockWords(prompt)) ? "build" : "follow_up";
};

/** Reads the task from a conversation and from `scenario`, which holds for all of them. */
export const readTask = (conversation: Conversation, scenario: string): Task => {
  const { exchanges, system } = conversation;
  const words = scenarioWords(scenario);
  const planned = (exchange: Exchange) =>
    words.includes("plan-first") ||
    mockWords(exchange.prompt).includes("plan-first") ||
    PLANNING.test(`${system}\n${exchange.prompt}`);
  const isPlan = (exchange: Exchange) => planned(exchange) && exchange.answered && !wroteFiles(exchange);
  const carriesOn = (index: number) => {
    const previous = exchanges[index - 1];
    if (!previous) return false;
    return REPAIR.test(exchanges[index]?.prompt ?? "") || isPlan(previous);
  };

  const last = exchanges.length - 1;
  let first = last;
  while (carriesOn(first)) first -= 1;
  const own = exchanges.slice(first);
  const isRepair = last > first && REPAIR.test(currentExchange(conversation).prompt);
  const spoken = own.filter((exchange, index) => index === 0 || !REPAIR.test(exchange.prompt));
  const earlier = GO_ON.test(own[0]?.prompt ?? "") ? exchanges.slice(0, first) : [];
  const prompt = [...earlier, ...spoken].map((exchange) => exchange.prompt).join("\n");

  const behaviours = [...words, ...mockWords(prompt)].filter((word) => !findApp(word));
  const named = words.map(findApp).find(Boolean) ?? appNamedIn(prompt);
  const base = { prompt, behaviours };
  const start = own[0] as Exchange;
  const approved = last > first;
  const path = String(toolsIn(conversation).read("src/App.tsx").input.file_path);
  const existing = appShownBy((approved ? currentExchange(conversation) : start).before.get(path) ?? "");

  if (isRepair) return { ...base, kind: "repair", app: existing ?? named ?? GENERAL_APP };
  if (planned(start) && last === first && !wroteFiles(start)) {
    return { ...base, kind: "plan", app: named ?? existing ?? GENERAL_APP };
  }
  const kind = kindOfRequest(existing, start.prompt);
  if (kind === "follow_up" && existing) return { ...base, kind, app: existing };
  return { ...base, kind: "build", app: named ?? GENERAL_APP };
};
