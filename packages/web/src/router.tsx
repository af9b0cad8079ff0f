import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { HomePage } from "./routes/home-page.tsx";
import { NotFoundPage } from "./routes/not-found-page.tsx";
import { parseWorkspaceSearch } from "./routes/workspace/search.ts";
import { Root } from "./root.tsx";

const rootRoute = createRootRoute({ component: Root, notFoundComponent: NotFoundPage });

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  validateSearch: (search): { prompt?: string } =>
    typeof search["prompt"] === "string" ? { prompt: search["prompt"] } : {},
  component: function Home() {
    return <HomePage prompt={homeRoute.useSearch().prompt ?? ""} />;
  },
});

const workspaceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/apps/$appId",
  validateSearch: parseWorkspaceSearch,
  component: lazyRouteComponent(() => import("./routes/workspace/workspace-page.tsx"), "WorkspacePage"),
});

const accountRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/account",
  component: lazyRouteComponent(() => import("./routes/account-page.tsx"), "AccountPage"),
});

const loadAdmin = () => import("./routes/admin-page.tsx");

const adminRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/admin",
  component: lazyRouteComponent(loadAdmin, "AdminPage"),
});

const adminStoryRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/admin/generations/$id",
  component: lazyRouteComponent(loadAdmin, "AdminStoryPage"),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([homeRoute, workspaceRoute, accountRoute, adminRoute, adminStoryRoute]),
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
