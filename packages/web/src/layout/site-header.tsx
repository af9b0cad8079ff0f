import { Link } from "@tanstack/react-router";
import { ConnectionBanner } from "./connection-banner.tsx";
import { Wordmark } from "../components/mark.tsx";
import { AccountMenu } from "../features/account/components/account-menu.tsx";
import { PaletteButton } from "../features/palette/components/palette-button.tsx";

export const SiteHeader = () => (
  <>
    <header className="flex h-14 shrink-0 items-center gap-2 px-4 sm:px-6">
      <Link to="/" aria-label="Leo, home" className="flex rounded">
        <Wordmark />
      </Link>
      <span className="flex-1" />
      <PaletteButton />
      <AccountMenu />
    </header>
    <ConnectionBanner />
  </>
);
