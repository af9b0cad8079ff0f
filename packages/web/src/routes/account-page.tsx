import { SiteHeader } from "../layout/site-header.tsx";
import { NotificationsSection } from "../features/account/components/notifications-section.tsx";
import { ProfileSection } from "../features/account/components/profile-section.tsx";
import { Section } from "../features/account/components/section.tsx";
import { ThemeSection } from "../features/account/components/theme-section.tsx";
import { UsageSection } from "../features/account/components/usage-section.tsx";
import { AccountForm } from "../features/github/components/account-form.tsx";
import { useConfig } from "../lib/config.ts";

export const AccountPage = () => (
  <div className="flex min-h-full flex-col">
    <title>Account · Leo</title>
    <SiteHeader />
    <main className="mx-auto w-full max-w-3xl px-4 pt-10 pb-16 sm:px-6">
      <h1 className="mb-6 text-[1.75rem] leading-tight font-semibold tracking-tight">Account</h1>
      <ProfileSection />
      <UsageSection />
      {useConfig().github && (
        <Section title="GitHub">
          <AccountForm />
        </Section>
      )}
      <ThemeSection />
      <NotificationsSection />
    </main>
  </div>
);
