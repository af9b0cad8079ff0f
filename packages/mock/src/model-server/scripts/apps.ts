/** The apps that the scripted model can build. Their sources are in `scenarios/{name}/`. */

export interface AppScenario {
  name: string;
  /** Prompts that ask for this app. */
  words: RegExp;
  defaultTitle: string;
  /** The component that `src/App.tsx` shows; also how a later prompt recognises the app. */
  component: string;
  features: string[];
}

export const GENERAL_APP: AppScenario = {
  name: "general",
  words: /./,
  defaultTitle: "Collection",
  component: "Collection",
  features: [
    "add, edit, star and delete entries, each with details",
    "sorted with starred entries first",
    "an empty state that says how to begin",
  ],
};

/** In order of precedence: the first whose words occur wins. */
export const APPS: AppScenario[] = [
  {
    name: "todo",
    words: /\b(?:to-?dos?|to do|task list|tasks|check ?list)\b/i,
    defaultTitle: "Todo list",
    component: "TodoList",
    features: [
      "add an item with Enter, tick it off, edit it with a double click, delete it",
      "filter by all, open and done, and clear what is done",
      "a count of what is left",
    ],
  },
  GENERAL_APP,
];

export const findApp = (name: string) => APPS.find((app) => app.name === name);

/** The app a prompt asks for by name, if it names one. */
export const appNamedIn = (prompt: string) =>
  APPS.find((app) => app !== GENERAL_APP && app.words.test(prompt));

/** The app whose component an existing `src/App.tsx` shows. */
export const appShownBy = (source: string) =>
  APPS.find((app) => source.includes(`./components/${app.component}"`));
