/** What the workspace's address keeps: a link to it shows the reader the same thing. */
export const TABS = ["chat", "preview", "code", "changes", "log", "versions"] as const;
export type Tab = (typeof TABS)[number];

export interface WorkspaceSearch {
  tab?: Tab;
  /** Id of the generation that is shown; absent for the newest version. */
  version?: string;
  /** Id of the generation that the changes are counted from. */
  base?: string;
  file?: string;
  line?: number;
}

const isTab = (value: unknown): value is Tab => (TABS as readonly unknown[]).includes(value);
const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

/** Keeps what is valid; anything else counts as absent. */
export const parseWorkspaceSearch = (search: Record<string, unknown>): WorkspaceSearch => {
  const line = Number(search["line"]);
  return {
    ...(isTab(search["tab"]) && { tab: search["tab"] }),
    ...(text(search["version"]) && { version: text(search["version"]) }),
    ...(text(search["base"]) && { base: text(search["base"]) }),
    ...(text(search["file"]) && { file: text(search["file"]) }),
    ...(Number.isInteger(line) && line > 0 && { line }),
  };
};
