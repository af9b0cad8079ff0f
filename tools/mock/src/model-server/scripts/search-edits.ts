/** How a search box comes into each app that shows a list: edits of the app's own source. */

export interface SourceEdit {
  path: string;
  before: string;
  after: string;
}

interface SearchPlan {
  path: string;
  /** The import after which the new ones go. */
  importLine: string;
  /** The state after which the query goes. */
  stateLine: string;
  shown: [before: string, after: string];
  /** The element before or after which the box goes. */
  box: [before: string, after: string];
}

const BOX = "<SearchBox value={query} onChange={setQuery} />";

const PLANS: Record<string, SearchPlan> = {
  todo: {
    path: "src/components/TodoList.tsx",
    importLine: 'import { AddTodo } from "./AddTodo.tsx";',
    stateLine: '  const [filter, setFilter] = useState<Filter>("All");',
    shown: [
      '.filter((todo) => filter === "All" || todo.done === (filter === "Done"));',
      '\n    .filter((todo) => filter === "All" || todo.done === (filter === "Done"))\n    .filter((todo) => matches(query, todo.text));',
    ],
    box: ["<AddTodo onAdd={add} />", `<AddTodo onAdd={add} />\n      ${BOX}`],
  },
  kanban: {
    path: "src/components/Board.tsx",
    importLine: 'import { useStored } from "../lib/useStored.ts";',
    stateLine: '  const [tasks, setTasks] = useStored<Task[]>("tasks", []);',
    shown: ["const shown = tasks;", "const shown = tasks.filter((task) => matches(query, task.text));"],
    box: [
      '<div className="grid items-start gap-4 md:grid-cols-3">',
      `${BOX}\n      <div className="grid items-start gap-4 md:grid-cols-3">`,
    ],
  },
  notes: {
    path: "src/components/Notebook.tsx",
    importLine: 'import { useState } from "react";',
    stateLine: '  const [notes, setNotes] = useStored<Note[]>("notes", []);',
    shown: [
      "const shown = newestFirst;",
      "const shown = newestFirst.filter((note) => matches(query, note.heading, note.text));",
    ],
    box: ["<NoteList notes={shown}", `${BOX}\n        <NoteList notes={shown}`],
  },
  general: {
    path: "src/components/Collection.tsx",
    importLine: 'import { useState } from "react";',
    stateLine: '  const [entries, setEntries] = useStored<Entry[]>("entries", []);',
    shown: [
      "const shown = starredFirst;",
      "const shown = starredFirst.filter((entry) => matches(query, entry.name, entry.details));",
    ],
    box: ['<ul aria-label="Entries"', `${BOX}\n      <ul aria-label="Entries"`],
  },
};

/** The edits that add a search box to an app, or undefined for an app without a list. */
export const searchEdits = (appName: string): SourceEdit[] | undefined => {
  const plan = PLANS[appName];
  if (!plan) return undefined;
  const { path, importLine, stateLine, shown, box } = plan;
  const imports = [
    'import { matches } from "../lib/matches.ts";',
    'import { SearchBox } from "./SearchBox.tsx";',
  ];
  const state = `  const [query, setQuery] = useState("");`;
  return [
    {
      path,
      before: importLine,
      after: [importLine, ...imports].join("\n"),
    },
    { path, before: stateLine, after: `${stateLine}\n${state}` },
    { path, before: shown[0], after: shown[1] },
    { path, before: box[0], after: box[1] },
  ];
};
