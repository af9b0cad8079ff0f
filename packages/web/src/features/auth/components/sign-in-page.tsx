import { useQuery } from "@tanstack/react-query";
import { Mark } from "../../../components/mark.tsx";
import { useConfig } from "../../../lib/config.ts";
import { hasDrafts } from "../../../lib/draft.ts";
import { useEndedUserId } from "../../../lib/session.ts";
import { authSettingsQuery } from "../api.ts";
import { LocalSignIn } from "./local-sign-in.tsx";
import { PasswordForm } from "./password-form.tsx";
import { ProviderButtons } from "./provider-buttons.tsx";

const Or = () => (
  <div className="my-5 flex items-center gap-3 text-xs text-faint">
    <span className="h-px flex-1 bg-line" />
    or
    <span className="h-px flex-1 bg-line" />
  </div>
);

export const SignInPage = () => {
  const config = useConfig();
  const endedUserId = useEndedUserId();
  const { data: settings } = useQuery(authSettingsQuery(config));
  const providers = settings?.providers ?? [];
  return (
    <main className="grid min-h-full place-items-center px-5 py-12">
      <title>Sign in · Leo</title>
      <div className="w-full max-w-[22rem]">
        <Mark className="size-9 text-accent" />
        <h1 className="mt-5 text-2xl font-semibold tracking-tight">Say it. Leo builds it.</h1>
        <p className="mt-1.5 text-pretty text-muted">
          Leo turns a sentence into a running web app and shows you every step.
        </p>
        {endedUserId !== undefined && (
          <p role="status" className="mt-6 rounded-lg bg-accent-soft px-3 py-2 text-[13px]">
            Your session ended. Sign in to continue
            {hasDrafts(endedUserId) ? "; what you typed is still here." : "."}
          </p>
        )}
        <div className="mt-8">
          {config.mode === "local" && (
            <>
              <LocalSignIn />
              <Or />
            </>
          )}
          {providers.length > 0 && (
            <>
              <ProviderButtons providers={providers} />
              <Or />
            </>
          )}
          <PasswordForm signUpOffered={settings?.signUp ?? false} linkOffered={config.mode !== "local"} />
        </div>
      </div>
    </main>
  );
};
