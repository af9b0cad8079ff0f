/**
 * Behaviours besides plain success, chosen by `mock:NAME` in a prompt or by `LEO_MOCK_SCENARIO`;
 * several hold together. How the model's side fails is in `model-faults.ts`. A *fault* of the agent's work
 * answers the request in its own way, or returns undefined where the script should go on. An *insertion* is one turn that is put into the script at the strike.
 * tools/mock/README.md lists them for people.
 */
import { currentExchange, type Conversation } from "./conversation.ts";
import { turn, type Reply, type ToolCall, type Turn } from "./turn.ts";
import { isModelFault, MODEL_FAULT_NAMES, type ModelFaults } from "./model-faults.ts";
import { toolsIn } from "./script.ts";
import { isNudge, type Task } from "./task.ts";

export interface Scene {
  conversation: Conversation;
  task: Task;
  /** Tool turns that the current exchange has behind it: 0 for its first answer. */
  step: number;
  slowMs: number;
  /** The turn that the script plays here, insertions included. */
  normal: () => Promise<Turn>;
}

type Fault = (scene: Scene) => Reply | Promise<Reply> | undefined;
/** Undefined where nothing is put in. */
type Insertion = (conversation: Conversation) => Turn | undefined;

/** The step at which turns are put in: the agent has looked at the workspace and is about to write. */
const STRIKE = 1;
/** Some $6 a turn at the prices of a middle-sized model. */
const COSTLY_USAGE = { input_tokens: 50_000, output_tokens: 400_000 };
const command =
  (text: string, line: string, timeoutMs?: number): Insertion =>
  (conversation) => ({ text, tools: [toolsIn(conversation).bash(line, text, timeoutMs)] });

/** The line of `src/App.tsx` that the faults in the app are put before or after. */
const COMPONENT = "export default function App() {\n";
const BROKEN = 'import { missing } from "./lib/missing.ts";\n\nconsole.log(missing);\n\n';
const THROW = '  if (title) throw new Error("This page does not draw.");\n';

const HASH = 'void crypto.subtle.digest("SHA-256", new Uint8Array(1));\n\n';

/** The script's turn, in which `src/App.tsx` also gets `component` in place of its first line. */
const withFault = async ({ conversation, normal }: Scene, component: string): Promise<Reply> => {
  const { edit } = toolsIn(conversation);
  const change = edit("src/App.tsx", COMPONENT, component);
  const content = await normal();
  const tools = content.tools ?? [];
  const writesApp = (call: ToolCall) =>
    call.name === "Write" && call.input.file_path === change.input.file_path;
  const faulty = tools.map((call) =>
    writesApp(call)
      ? {
          ...call,
          input: { ...call.input, content: String(call.input.content).replace(COMPONENT, component) },
        }
      : call,
  );
  const isLateEdit =
    tools.some((call) => call.name === "Edit") &&
    toolsIn(conversation).seen("src/App.tsx")?.includes(COMPONENT);
  return turn({ ...content, tools: isLateEdit && !faulty.some(writesApp) ? [...faulty, change] : faulty });
};

/** Reads `src/App.tsx`, edits it, reports. */
const repairApp = ({ conversation, step }: Scene, before: string, after: string, report: string): Reply => {
  const { read, edit } = toolsIn(conversation);
  if (step === 0) return turn({ text: "I'll look at what failed.", tools: [read("src/App.tsx")] });
  if (step > 1) return turn({ text: report });
  return turn({ text: "I see the cause.", tools: [edit("src/App.tsx", before, after)] });
};

const inWords = (conversation: Conversation, words: string): Reply =>
  turn({ text: isNudge(currentExchange(conversation)) ? "As I said: nothing to change for now." : words });

/** Put together here so that no scanner takes this file for a leak. */
const FAKE_TOKEN = ["sk", "ant", "oat01", "mock0000000000000000000000000000"].join("-");

const FAULTS: Record<string, Fault> = {
  success: () => undefined,
  /** Carried out by the task's kind. */
  "plan-first": () => undefined,
  "build-error": (scene) => {
    if (scene.task.kind !== "repair") return withFault(scene, BROKEN + COMPONENT);
    return repairApp(scene, BROKEN, "", "The import is gone; the app builds.");
  },
  "build-error-forever": (scene) => {
    if (scene.task.kind !== "repair") return withFault(scene, BROKEN + COMPONENT);
    return repairApp(scene, "(missing", "(missing, missing", "That should do it.");
  },
  "blank-page": (scene) => {
    if (scene.task.kind !== "repair") return withFault(scene, COMPONENT + THROW);
    return repairApp(scene, THROW, "", "The page draws again.");
  },
  "needs-https": (scene) => {
    if (scene.task.kind !== "repair") return withFault(scene, HASH + COMPONENT);
    return repairApp(scene, HASH, "", "The app does without it now.");
  },
  slow: async ({ normal, slowMs }) => turn({ ...(await normal()), waitMs: slowMs }),
  budget: async ({ normal }) => turn({ ...(await normal()), usage: COSTLY_USAGE }),
  /** Explains and builds nothing, also when it is asked again. */
  talks: ({ conversation }) =>
    inWords(conversation, "It has to be a plain page, because there is no server behind it."),
  /** Talks first, and builds once it is told that nothing was changed. */
  "talks-first": ({ conversation }) =>
    isNudge(currentExchange(conversation)) ? undefined : inWords(conversation, "I would begin with a list."),
  /** Asks a question, and builds once it has its reply. */
  asks: ({ conversation, task }) =>
    task.hasReply
      ? undefined
      : inWords(conversation, "Before I begin: which currency should the amounts be in?"),
  /** Refuses in words, without the API's stop reason. */
  declines: ({ conversation }) =>
    inWords(conversation, "I can't build that: it would collect other people's passwords."),
  endless: ({ conversation, step }) =>
    turn({ text: `Checking again (${step}).`, tools: [toolsIn(conversation).bash(`echo ${step}`, "Check")] }),
};

const crash = command("Tidying up processes.", 'kill -9 "${CLAUDE_PID:-$PPID}"');

const INSERTIONS: Record<string, Insertion> = {
  crash,
  "crash-once": (conversation) => (conversation.exchanges.length > 1 ? undefined : crash(conversation)),
  "huge-output": (conversation) => ({
    text: "All work and no play makes a long answer. ".repeat(3_000),
    tools: [toolsIn(conversation).bash("head -c 20000000 /dev/zero | tr '\\0' 'x'", "Print 20 MB")],
  }),
  "outside-file": (conversation) => {
    const { write, bash } = toolsIn(conversation);
    const links = "ln -s /etc/passwd src/passwd.txt; ln -s / everything";
    return {
      text: "I also keep copies elsewhere.",
      tools: [
        write("../leo-mock-outside.txt", "This file lies outside the workspace.\n"),
        bash(links, "Link to files outside"),
      ],
    };
  },
  secret: command(
    "Looking at the environment.",
    `env | sort; echo "token ${FAKE_TOKEN}"; echo "TOKEN=${FAKE_TOKEN}" > .env`,
  ),
  "fork-bomb": command("Starting helpers.", "for i in $(seq 1 600); do sleep 30 & done; wait", 60_000),
  "long-tool": command("Waiting for a long job.", "sleep 3600", 600_000),
  "big-file": command("Adding a film.", "mkdir -p public; head -c 11534336 /dev/zero > public/film.mp4"),
  "many-files": command(
    "Adding pictures.",
    "mkdir -p public/many; cd public/many && seq 1 5100 | xargs touch",
  ),
  "big-workspace": command(
    "Adding data.",
    "mkdir -p public/data; for i in $(seq 1 26); do head -c 8388608 /dev/zero > public/data/$i.bin; done",
  ),
};

/** The names a prompt or the environment may use. */
export const BEHAVIOURS = [...Object.keys(FAULTS), ...Object.keys(INSERTIONS), ...MODEL_FAULT_NAMES];

export const isBehaviour = (word: string): boolean => BEHAVIOURS.includes(word) || isModelFault(word);

/**
 * The turns that behaviours put into the script, and how far the script has come without them.
 * @returns the turn to play in place of the script's own, if any, and the script's own step
 */
export const insertedTurn = ({ behaviours, kind }: Task, conversation: Conversation, step: number) => {
  const names = kind === "repair" ? [] : behaviours;
  const turns = names.flatMap((name) => INSERTIONS[name]?.(conversation) ?? []);
  const behind = Math.min(Math.max(step - STRIKE, 0), turns.length);
  return { inserted: turns[step - STRIKE], ownStep: step - behind };
};

/** The first fault that strikes here. */
export const strikingFault = async (scene: Scene, modelFaults: ModelFaults) => {
  const { task, step, conversation, normal } = scene;
  for (const name of task.behaviours) {
    const reply =
      (await modelFaults.strike(name, { session: conversation.sessionId, step, normal })) ??
      (await FAULTS[name]?.(scene));
    if (reply) return reply;
  }
  return undefined;
};
