import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { SiteHeader } from "../layout/site-header.tsx";
import { Generations } from "../features/admin/components/generations.tsx";
import { Overview } from "../features/admin/components/overview.tsx";
import { Audit, Orphans } from "../features/admin/components/records.tsx";
import { Sites } from "../features/admin/components/sites.tsx";
import { Story } from "../features/admin/components/story.tsx";
import { Users } from "../features/admin/components/users.tsx";
import { useIsAdmin } from "../lib/session.ts";
import { NotFoundPage } from "./not-found-page.tsx";

const AdminFrame = ({ title, children }: { title: string; children: ReactNode }) => (
  <div className="flex min-h-full flex-col">
    <title>{`${title} · Leo`}</title>
    <SiteHeader />
    <main className="mx-auto w-full max-w-4xl px-4 pt-10 pb-16 sm:px-6">
      <h1 className="mb-6 text-[1.75rem] leading-tight font-semibold tracking-tight">{title}</h1>
      {children}
    </main>
  </div>
);

export const AdminPage = () => {
  if (!useIsAdmin()) return <NotFoundPage />;
  return (
    <AdminFrame title="Operations">
      <Overview />
      <Generations />
      <Users />
      <Sites />
      <Orphans />
      <Audit />
    </AdminFrame>
  );
};

export const AdminStoryPage = () => {
  const { id } = useParams({ from: "/admin/generations/$id" });
  if (!useIsAdmin()) return <NotFoundPage />;
  return (
    <AdminFrame title="Run">
      <Link to="/admin" className="mb-4 inline-block text-sm text-muted underline underline-offset-2">
        Operations
      </Link>
      <Story id={id} />
      <Audit targetId={id} />
    </AdminFrame>
  );
};
