import { Outlet } from "@tanstack/react-router";
import { lazy, Suspense, useEffect } from "react";
import { Toaster } from "sonner";
import { useFollowApps } from "./use-follow-apps.ts";
import { SignInPage } from "./features/auth/components/sign-in-page.tsx";
import { setPaletteOpen, usePaletteOpen } from "./features/palette/palette-state.ts";
import { useSession } from "./lib/session.ts";
import { useResolvedTheme } from "./lib/theme.ts";

const Palette = lazy(() => import("./features/palette/components/palette.tsx"));

const usePaletteShortcut = () => {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      setPaletteOpen(true);
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
};

const SignedIn = () => {
  useFollowApps();
  return <Outlet />;
};

/** Whoever is not signed in sees the sign-in page at every address and stays where they were afterwards. */
export const Root = () => {
  const session = useSession();
  const theme = useResolvedTheme();
  const paletteOpen = usePaletteOpen();
  usePaletteShortcut();
  return (
    <>
      {session ? <SignedIn key={session.user.id} /> : <SignInPage />}
      {session && paletteOpen && (
        <Suspense>
          <Palette />
        </Suspense>
      )}
      <Toaster theme={theme} position="bottom-center" toastOptions={{ className: "font-sans!" }} />
    </>
  );
};
