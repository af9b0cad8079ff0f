import { SiteHeader } from "../app/site-header.tsx";

export const AccountPage = () => (
  <div className="flex min-h-full flex-col">
    <title>Account · Leo</title>
    <SiteHeader />
    <main className="mx-auto w-full max-w-2xl px-4 py-10 sm:px-6">
      <h1 className="text-xl font-semibold tracking-tight">Account</h1>
    </main>
  </div>
);
