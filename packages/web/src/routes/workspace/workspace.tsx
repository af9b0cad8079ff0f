import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useRef, useState } from "react";
import { Group, Panel, Separator, useDefaultLayout } from "react-resizable-panels";
import { ConnectionBanner } from "../../layout/connection-banner.tsx";
import type { AppDetail } from "../../features/app/api.ts";
import { versionName } from "../../features/version/numbered.ts";
import { useDraft } from "../../lib/draft.ts";
import { useIsWide, useMediaQuery } from "../../lib/use-media-query.ts";
import { Announcer } from "./announcer.tsx";
import { Conversation } from "./conversation.tsx";
import { useFollowState, useSelection, useSetSearch, type Selection } from "./use-workspace.ts";
import { useWorkspaceCommands } from "./use-workspace-commands.ts";
import { WorkspaceHeader } from "./workspace-header.tsx";
import { WorkspaceTabs } from "./workspace-tabs.tsx";

const route = getRouteApi("/apps/$appId");

interface FollowingProps {
  selection: Selection;
  /** Brings the reader to the box for the next request. */
  onWrite: () => void;
}

const Following = ({ selection, onWrite }: FollowingProps) => {
  useFollowState(selection.latest);
  useWorkspaceCommands(selection, onWrite);
  return null;
};

const Split = ({ left, right }: { left: React.ReactNode; right: React.ReactNode }) => {
  const layout = useDefaultLayout({ id: "leo.workspace", storage: localStorage });
  const isHuge = useMediaQuery("(min-width: 160rem)");
  return (
    <Group className="min-h-0 flex-1" {...layout}>
      <Panel
        id="conversation"
        defaultSize={isHuge ? "36rem" : "26rem"}
        minSize="20rem"
        maxSize="60%"
        groupResizeBehavior="preserve-pixel-size"
      >
        {left}
      </Panel>
      <Separator
        aria-label="Conversation width"
        className="w-px bg-line transition-colors data-[separator=active]:bg-accent data-[separator=hover]:bg-line-strong focus-visible:bg-accent focus-visible:outline-2 focus-visible:outline-offset-0"
      />
      <Panel id="tabs" minSize="22rem">
        {right}
      </Panel>
    </Group>
  );
};

export const Workspace = ({ detail }: { detail: AppDetail }) => {
  const search = route.useSearch();
  const wide = useIsWide();
  const selection = useSelection(detail.generations, search.version);
  const [baseId, setBaseId] = useState<string>();
  const [text, setText, textSent] = useDraft(detail.app.id);
  const setSearch = useSetSearch();
  const composer = useRef<HTMLTextAreaElement>(null);
  // On a phone the box is on a tab of its own.
  const write = useCallback(
    () => (composer.current ? composer.current.focus() : setSearch({ tab: undefined })),
    [setSearch],
  );
  if (!selection) return null;

  // What comes of a request is what the reader wants to see next, whichever version they looked at.
  const showNewest = (sent: string) => {
    textSent(sent);
    setBaseId(undefined);
    setSearch({ version: undefined, base: undefined }, true);
  };
  const base = selection.versions.find(({ generation }) => generation.id === baseId);
  const conversation = (
    <Conversation
      composer={composer}
      versions={selection.versions}
      latest={selection.latest}
      base={base && { id: base.generation.id, name: versionName(base.number).toLowerCase() }}
      onClearBase={() => setBaseId(undefined)}
      onSent={showNewest}
      text={text}
      setText={setText}
    />
  );
  const tabs = (conversationTab: React.ReactNode) => (
    <WorkspaceTabs
      selection={selection satisfies Selection}
      conversation={conversationTab}
      onContinueFrom={setBaseId}
    />
  );

  return (
    <div className="flex h-full flex-col">
      <Following selection={selection} onWrite={write} />
      <WorkspaceHeader app={detail.app} latest={selection.latest} versions={selection.versions} />
      <ConnectionBanner />
      <main className="flex min-h-0 flex-1 flex-col">
        {wide ? <Split left={conversation} right={tabs(undefined)} /> : tabs(conversation)}
      </main>
      <Announcer app={detail.app} selection={selection} />
    </div>
  );
};
