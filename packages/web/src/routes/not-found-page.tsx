import { Link } from "@tanstack/react-router";
import { SiteHeader } from "../layout/site-header.tsx";
import { Empty } from "../components/empty.tsx";
import { buttonClass } from "../components/ui/button.tsx";

export const NotFoundPage = () => (
  <div className="flex min-h-full flex-col">
    <title>Not found · Leo</title>
    <SiteHeader />
    <main className="grid flex-1">
      <h1 className="sr-only">Not found</h1>
      <Empty
        title="Page not found"
        action={
          <Link to="/" className={buttonClass()}>
            Go to your apps
          </Link>
        }
      >
        The app may have been deleted, or the address is wrong.
      </Empty>
    </main>
  </div>
);
