import { SiteHeader } from "../layout/site-header.tsx";
import { MockNotice } from "../components/mock-notice.tsx";
import { AppList } from "../features/app/components/app-list.tsx";
import { NewAppForm } from "../features/app/components/new-app-form.tsx";

export const HomePage = ({ prompt }: { prompt: string }) => (
  <div className="flex min-h-full flex-col">
    <title>Leo</title>
    <SiteHeader />
    <main className="mx-auto flex w-full max-w-[max(72rem,62vw)] flex-1 flex-col px-4 pb-16 sm:px-6">
      <section className="mx-auto w-full max-w-2xl pt-[min(12vh,7rem)] pb-16">
        <h1 className="mb-5 text-[1.75rem] leading-tight font-semibold tracking-tight text-balance">
          What should Leo build?
        </h1>
        <NewAppForm initialPrompt={prompt} />
        <div className="mt-4">
          <MockNotice />
        </div>
      </section>
      <section aria-label="Your apps">
        <AppList />
      </section>
    </main>
  </div>
);
