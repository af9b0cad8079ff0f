import { Tabs } from "@base-ui/react/tabs";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense, type ReactNode } from "react";
import { OldVersionBar } from "./old-version-bar.tsx";
import { PreviewTab } from "./preview-tab.tsx";
import type { Tab } from "./search.ts";
import { useSetSearch, type Selection } from "./use-workspace.ts";

const CodeTab = lazy(() => import("./code-tab.tsx"));
const ChangesTab = lazy(() => import("./changes-tab.tsx"));
const LogTab = lazy(() => import("./log-tab.tsx"));
const VersionsTab = lazy(() => import("./versions-tab.tsx"));

const route = getRouteApi("/apps/$appId");

interface WorkspaceTabsProps {
  selection: Selection;
  /** The conversation, where there is no room for it beside the tabs. */
  conversation: ReactNode;
  onContinueFrom: (generationId: string) => void;
}

const NAMES: Record<Tab, string> = {
  chat: "Chat",
  preview: "Preview",
  code: "Code",
  changes: "Changes",
  log: "Log",
  versions: "Versions",
};

const RIGHT_TABS: readonly Tab[] = ["preview", "code", "changes", "log", "versions"];

const TAB_CLASS =
  "relative flex h-10 shrink-0 items-center rounded-md px-2 text-[13px] sm:px-2.5 whitespace-nowrap text-muted transition-colors outline-offset-[-3px] hover:text-ink data-active:font-medium data-active:text-ink";

export const WorkspaceTabs = ({ selection, conversation, onContinueFrom }: WorkspaceTabsProps) => {
  const { tab } = route.useSearch();
  const setSearch = useSetSearch();
  const narrow = conversation !== undefined;
  const tabs = narrow ? (["chat", ...RIGHT_TABS] as const) : RIGHT_TABS;
  const fallback = narrow ? "chat" : "preview";
  const value = tab !== undefined && tabs.includes(tab) ? tab : fallback;

  const panel = (name: Tab, content: ReactNode, keepMounted = false) => (
    <Tabs.Panel
      value={name}
      keepMounted={keepMounted}
      className="min-h-0 flex-1 outline-offset-[-2px] data-hidden:hidden"
    >
      <Suspense fallback={<p className="p-4 text-sm text-faint">Loading…</p>}>{content}</Suspense>
    </Tabs.Panel>
  );

  return (
    <Tabs.Root
      value={value}
      onValueChange={(next: Tab) => setSearch({ tab: next === fallback ? undefined : next })}
      className="flex h-full min-h-0 flex-col"
    >
      <Tabs.List
        aria-label="Views of the app"
        className="relative flex shrink-0 gap-0.5 overflow-x-auto border-b border-line px-2 [scrollbar-width:none]"
      >
        {tabs.map((name) => (
          <Tabs.Tab key={name} value={name} className={TAB_CLASS}>
            {NAMES[name]}
          </Tabs.Tab>
        ))}
        <Tabs.Indicator
          data-mark="selected"
          className="absolute bottom-0 left-0 h-0.5 w-(--active-tab-width) translate-x-(--active-tab-left) rounded-full bg-ink transition-all duration-150"
        />
      </Tabs.List>
      <OldVersionBar selection={selection} />
      {narrow && panel("chat", conversation)}
      {panel("preview", <PreviewTab selection={selection} />, true)}
      {panel("code", <CodeTab selection={selection} />)}
      {panel("changes", <ChangesTab selection={selection} />)}
      {panel("log", <LogTab selection={selection} />)}
      {panel("versions", <VersionsTab selection={selection} onContinueFrom={onContinueFrom} />)}
    </Tabs.Root>
  );
};
