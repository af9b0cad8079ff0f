/** The apps that the scripted model can build. Their sources are in `scenarios/{name}/`. */

export interface AppScenario {
  name: string;
  /** Prompts that ask for this app. */
  words: RegExp;
  defaultTitle: string;
  /** The component that `src/App.tsx` shows; also how a later prompt recognises the app. */
  component: string;
  features: [string, ...string[]];
}

export const GENERAL_APP: AppScenario = {
  name: "general",
  words: /(?!)/,
  defaultTitle: "Collection",
  component: "Collection",
  features: [
    "entries with a name and details that you add, edit, star and delete",
    "starred entries stand first",
    "Escape leaves the form, Enter saves it",
  ],
};

/** In order of precedence: the first whose words occur wins. */
export const APPS: AppScenario[] = [
  {
    name: "landing",
    words: /\b(?:landing|home ?page|marketing (?:page|site)|web ?site for|one-pager)\b/i,
    defaultTitle: "Landing page",
    component: "Landing",
    features: [
      "a hero, reasons, questions with answers and a message to us",
      "the message is kept and copied; nothing is sent, because the page has no server, and it says so",
      "links in the page lead to its sections",
    ],
  },
  {
    name: "kanban",
    words: /\b(?:kanban|task board|scrum board|trello)\b/i,
    defaultTitle: "Kanban board",
    component: "Board",
    features: [
      "three columns whose cards you add, edit, move and delete",
      "cards move by dragging, by buttons or by the arrow keys",
      "each column counts its cards",
    ],
  },
  {
    name: "pomodoro",
    words: /\b(?:pomodoro|focus timer|countdown|timer|stop ?watch)\b/i,
    defaultTitle: "Pomodoro timer",
    component: "Timer",
    features: [
      "25 minutes of focus, short breaks, and a long one after four rounds",
      "it goes on while the page is reloaded or in the background",
      "Space starts and pauses, R resets",
    ],
  },
  {
    name: "calculator",
    words: /\bcalculator\b/i,
    defaultTitle: "Calculator",
    component: "Calculator",
    features: [
      "the four operations, percent, sign and a history of results",
      "works with the keyboard: digits, operators, Enter, Escape and Backspace",
      "0.1 + 0.2 is 0.3",
    ],
  },
  {
    name: "todo",
    words: /\b(?:to-?dos?|to do|task list|task manager|check ?list)\b/i,
    defaultTitle: "Todo list",
    component: "TodoList",
    features: [
      "items that you add with Enter, tick off, edit with a double click and delete",
      "filters for all, open and done, and a button that clears what is done",
      "a count of what is left",
    ],
  },
  {
    name: "notes",
    words: /\b(?:notes?|notebook|note-?taking|diary|journal)\b/i,
    defaultTitle: "Notes",
    component: "Notebook",
    features: [
      "notes with a heading and text, the newest first",
      "every keystroke is kept, with no button to save",
      "a count of words",
    ],
  },
];

export const findApp = (name: string) => [...APPS, GENERAL_APP].find((app) => app.name === name);

/** The app a prompt asks for by name, if it names one. */
export const appNamedIn = (prompt: string) => APPS.find((app) => app.words.test(prompt));

/** The app whose component an existing `src/App.tsx` shows. */
export const appShownBy = (source: string) =>
  [...APPS, GENERAL_APP].find((app) => source.includes(`"./components/${app.component}.tsx"`));
