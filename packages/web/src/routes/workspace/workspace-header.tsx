import { Link } from "@tanstack/react-router";
import type { App, Generation } from "@leo/core/generation.ts";
import { Mark } from "../../components/mark.tsx";
import { MockBadge } from "../../components/mock-notice.tsx";
import { StateLabel } from "../../components/state-label.tsx";
import { AccountMenu } from "../../features/account/components/account-menu.tsx";
import { AppName } from "../../features/app/components/app-name.tsx";
import { useLive } from "../../features/live/use-live.ts";
import type { NumberedGeneration } from "../../features/version/numbered.ts";
import { PaletteButton } from "../../features/palette/components/palette-button.tsx";
import { ShareButton } from "../../features/share/components/share-button.tsx";
import { SiteButton } from "../../features/site/components/site-button.tsx";

interface WorkspaceHeaderProps {
  app: App;
  latest: Generation;
  versions: readonly NumberedGeneration[];
}

export const WorkspaceHeader = ({ app, latest, versions }: WorkspaceHeaderProps) => {
  const { live } = useLive(latest.id);
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line px-3">
      <Link to="/" aria-label="Leo, home" className="rounded-md p-1 hover:bg-hover">
        <Mark className="size-5 text-accent" />
      </Link>
      <span aria-hidden="true" className="hidden text-line-strong sm:inline">
        /
      </span>
      <AppName app={app} />
      <span className="ml-1 hidden shrink-0 sm:block">
        <StateLabel
          state={live.state ?? latest.state}
          stopping={live.stopping || latest.cancelRequestedAt !== undefined}
        />
      </span>
      <span className="flex-1" />
      <MockBadge />
      {app.previewUrl !== undefined && <ShareButton appId={app.id} />}
      {app.previewUrl !== undefined && <SiteButton appId={app.id} versions={versions} />}
      <PaletteButton />
      <AccountMenu />
    </header>
  );
};
