import { useLayoutEffect } from "react";
import { useStored } from "./useStored.ts";

type Theme = "light" | "dark";

const preferred = (): Theme => (window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

/** The page's theme: the system's until the person chooses one. */
export function useTheme() {
  const [theme, setTheme] = useStored<Theme>("theme", preferred());
  // Before the first paint, so that nobody sees the other theme flash by.
  useLayoutEffect(() => {
    document.documentElement.classList.toggle("dark", theme === "dark");
  }, [theme]);
  return { theme, toggle: () => setTheme(theme === "dark" ? "light" : "dark") };
}
