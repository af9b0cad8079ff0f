import { currentExchange, type Conversation } from "./conversation.ts";
import type { Turn } from "./turn.ts";
import { colourIn, withAccent } from "./accent.ts";
import { readScenarioFiles, type SourceFile } from "./app-files.ts";
import type { AppScenario } from "./apps.ts";
import { newTitleIn, titleFromPrompt, withoutMockWords } from "./prompt-words.ts";
import { toolsIn, type Step } from "./script.ts";
import { searchEdits, type SourceEdit } from "./search-edits.ts";

interface Change {
  /** What was done, for the closing summary. */
  summary: string;
  /** Files that the edits need to see. */
  reads: string[];
  /** Edits of the files as they are; `seen` gives their content. */
  edits: (seen: (path: string) => string) => SourceEdit[];
  /** New files. */
  files?: () => Promise<SourceFile[]>;
}

const APP = "src/App.tsx";
const THEME = "src/lib/useTheme.ts";
const SYSTEM_THEME = 'window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"';

/** One edit per match of a pattern; none when it does not occur or nothing would change. */
const replaceMatch = (path: string, content: string, pattern: RegExp, after: string): SourceEdit[] => {
  const before = pattern.exec(content)?.[0];
  return before && before !== after ? [{ path, before, after }] : [];
};

const retitle = (title: string): Change => ({
  summary: `The title is now “${title}”.`,
  reads: [APP, "index.html"],
  edits: (seen) => [
    ...replaceMatch(APP, seen(APP), /const title = "[^"]*";/, `const title = "${title}";`),
    ...replaceMatch("index.html", seen("index.html"), /<title>[^<]*<\/title>/, `<title>${title}</title>`),
  ],
});

const recolour = (colour: string): Change => ({
  summary: `The accent colour is ${colour} now, in the light and the dark theme.`,
  reads: ["src/index.css"],
  edits: (seen) => {
    const css = seen("src/index.css");
    const block = /--color-accent-400:[^}]*/.exec(css)?.[0] ?? "";
    return block ? [{ path: "src/index.css", before: block, after: withAccent(block, colour) }] : [];
  },
});

const startDark: Change = {
  summary: "The app starts in the dark theme; the switch in the corner still changes it.",
  reads: [THEME],
  edits: () => [{ path: THEME, before: SYSTEM_THEME, after: '"dark"' }],
};

const addSearch = (edits: SourceEdit[]): Change => ({
  summary: "A search box narrows the list as you type; Escape empties it.",
  reads: [...new Set(edits.map((edit) => edit.path))],
  edits: (seen) => edits.filter(({ path }) => !seen(path).includes("SearchBox")),
  files: () => readScenarioFiles("extras/search", {}),
});

const addPanel = (prompt: string): Change => {
  const wish = withoutMockWords(prompt).replace(
    /^(?:(?:please|now|also|then|and|can you|could you|add|show|put|include|make it|have|give it)\b[\s,]*)+/i,
    "",
  );
  const heading = titleFromPrompt(wish, "Notes").replace(/\s+(?:section|panel|area|box)$/i, "");
  const shellImport = 'import { Shell } from "./components/Shell.tsx";';
  return {
    summary: `There is a new section, “${heading}”, whose text is kept.`,
    reads: [APP],
    edits: (seen) => [
      ...(seen(APP).includes("{ Panel }")
        ? []
        : [
            {
              path: APP,
              before: shellImport,
              after: `import { Panel } from "./components/Panel.tsx";\n${shellImport}`,
            },
          ]),
      { path: APP, before: "    </Shell>", after: `      <Panel heading="${heading}" />\n    </Shell>` },
    ],
    files: () => readScenarioFiles("extras/panel", {}),
  };
};

/** What a prompt asks to change; at least one change. */
const changesIn = (app: AppScenario, prompt: string): Change[] => {
  const title = newTitleIn(prompt);
  const colour = title ? undefined : colourIn(prompt);
  const search = /\bsearch|\bfind\b|\bfilter by text/i.test(prompt) ? searchEdits(app.name) : undefined;
  const dark =
    /\b(?:make (?:it|the app|everything) dark|dark (?:mode |theme )?by default|start(?:s)? (?:in )?dark)\b/i;
  const changes = [
    ...(title ? [retitle(title)] : []),
    ...(colour ? [recolour(colour)] : []),
    ...(dark.test(prompt) ? [startDark] : []),
    ...(search ? [addSearch(search)] : []),
  ];
  return changes.length > 0 ? changes : [addPanel(prompt)];
};

const look = (conversation: Conversation, paths: string[]): Turn => ({
  text: "I'll look at the files this touches.",
  tools: paths.map(toolsIn(conversation).read),
});

const carryOut = async (conversation: Conversation, changes: Change[]): Promise<Turn> => {
  const { seen, edit, write } = toolsIn(conversation);
  const content = (path: string) => seen(path) ?? "";
  const files = await Promise.all(changes.map(async (change) => (change.files ? change.files() : [])));
  const edits = changes
    .flatMap((change) => change.edits(content))
    .filter(({ path, before }) => content(path).includes(before));
  return {
    text: "Now the change.",
    tools: [
      ...files.flat().map(({ path, content: text }) => write(path, text)),
      ...edits.map(({ path, before, after }) => edit(path, before, after)),
    ],
  };
};

/** Changes an app that exists: reads what it touches, edits it, reports. */
export const followUpScript = (app: AppScenario, prompt: string): Step => {
  const changes = changesIn(app, prompt);
  const report: Turn = { text: `Done. ${changes.map((change) => change.summary).join(" ")}` };
  return async (conversation) => {
    const uses = currentExchange(conversation).toolTurns.flat();
    if (uses.some(({ name }) => name === "Edit" || name === "Write")) return report;
    const { read } = toolsIn(conversation);
    const wanted = [...new Set([APP, ...changes.flatMap((change) => change.reads)])];
    const unread = wanted.filter(
      (path) =>
        !uses.some(({ name, input }) => name === "Read" && input.file_path === read(path).input.file_path),
    );
    if (unread.length > 0) return look(conversation, unread);
    const turn = await carryOut(conversation, changes);
    return turn.tools?.length ? turn : { text: "The app already is as you ask; I changed nothing." };
  };
};
