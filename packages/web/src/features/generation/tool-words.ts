import type { ItemOf } from "../live/timeline-item.ts";

/** What a tool of the agent does, in words a person would use. */
interface Words {
  running: string;
  done: string;
}

const WORDS: Record<string, Words> = {
  Write: { running: "Writing", done: "Wrote" },
  Edit: { running: "Editing", done: "Edited" },
  MultiEdit: { running: "Editing", done: "Edited" },
  NotebookEdit: { running: "Editing", done: "Edited" },
  Read: { running: "Reading", done: "Read" },
  Bash: { running: "Running", done: "Ran" },
  BashOutput: { running: "Reading the output of", done: "Read the output of" },
  Glob: { running: "Looking for", done: "Looked for" },
  Grep: { running: "Searching for", done: "Searched for" },
  LS: { running: "Listing", done: "Listed" },
  TodoWrite: { running: "Updating the plan", done: "Updated the plan" },
  Task: { running: "Delegating", done: "Delegated" },
  WebFetch: { running: "Opening", done: "Opened" },
  WebSearch: { running: "Searching the web for", done: "Searched the web for" },
};

type Status = ItemOf<"tool">["status"];

export const toolVerb = (name: string, status: Status): string => {
  const words = WORDS[name] ?? { running: `Using ${name}`, done: `Used ${name}` };
  return status === "running" ? words.running : words.done;
};

export const toolWords = (name: string, target: string | undefined, status: Status) =>
  target ? `${toolVerb(name, status)} ${target}` : toolVerb(name, status);
