import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { SiteHeader } from "../../layout/site-header.tsx";
import { Empty } from "../../components/empty.tsx";
import { Button } from "../../components/ui/button.tsx";
import { appQuery } from "../../features/app/api.ts";
import { errorMessage, HttpError } from "../../lib/errors.ts";
import { NotFoundPage } from "../not-found-page.tsx";
import { Workspace } from "./workspace.tsx";

const route = getRouteApi("/apps/$appId");

const Failed = ({ error, onRetry }: { error: Error; onRetry: () => void }) => (
  <div className="flex min-h-full flex-col">
    <title>Leo</title>
    <SiteHeader />
    <main className="grid flex-1">
      <h1 className="sr-only">Couldn't load the app</h1>
      <Empty title="Couldn't load the app" action={<Button onClick={onRetry}>Try again</Button>}>
        {errorMessage(error)}
      </Empty>
    </main>
  </div>
);

const isUnknown = (error: Error) =>
  error instanceof HttpError && (error.status === 404 || error.status === 400);

export const WorkspacePage = () => {
  const { appId } = route.useParams();
  const { data, error, refetch } = useQuery(appQuery(appId));
  // Before what is known of it: another tab may have deleted it.
  if (error && isUnknown(error)) return <NotFoundPage />;
  if (data) return <Workspace key={appId} detail={data} />;
  if (error) return <Failed error={error} onRetry={() => void refetch()} />;
  return (
    <main className="grid h-full place-items-center text-sm text-faint" aria-busy="true">
      <title>Leo</title>
      <h1 className="sr-only">Opening the app</h1>
    </main>
  );
};
