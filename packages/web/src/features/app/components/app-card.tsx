import { Link } from "@tanstack/react-router";
import type { App } from "@leo/core/generation.ts";
import { StateLabel } from "../../../components/state-label.tsx";
import { formatAgo } from "../../../lib/format.ts";
import { AppCover } from "./app-cover.tsx";

export const AppCard = ({ app }: { app: App }) => (
  <li className="group relative flex flex-col overflow-hidden rounded-xl border border-line bg-surface shadow-raised transition-colors hover:border-line-strong">
    <AppCover app={app} />
    <div className="flex flex-col gap-1 border-t border-line px-3.5 py-3">
      <h3 dir="auto" className="truncate text-sm font-medium">
        <Link
          to="/apps/$appId"
          params={{ appId: app.id }}
          className="rounded after:absolute after:inset-0 after:rounded-xl"
        >
          {app.name}
        </Link>
      </h3>
      <div className="flex items-center justify-between gap-2 text-xs text-faint">
        {app.latest ? (
          <StateLabel state={app.latest.state} stopping={app.latest.cancelRequestedAt !== undefined} />
        ) : (
          <span />
        )}
        <time dateTime={app.updatedAt}>{formatAgo(app.updatedAt)}</time>
      </div>
    </div>
  </li>
);
