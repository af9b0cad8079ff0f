import { useSyncExternalStore } from "react";
import { createListeners } from "./listeners.ts";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** The same key stands in public/theme.js, which applies it before the first paint. */
const STORAGE_KEY = "leo.theme";
const listeners = createListeners();

const readTheme = (): Theme => {
  const stored = localStorage.getItem(STORAGE_KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
};

export const setTheme = (theme: Theme) => {
  if (theme === "system") localStorage.removeItem(STORAGE_KEY);
  else localStorage.setItem(STORAGE_KEY, theme);
  document.documentElement.style.colorScheme = theme === "system" ? "" : theme;
  listeners.notify();
};

const darkQuery = matchMedia("(prefers-color-scheme: dark)");

const subscribe = (listener: () => void) => {
  const unsubscribe = listeners.subscribe(listener);
  darkQuery.addEventListener("change", listener);
  return () => {
    unsubscribe();
    darkQuery.removeEventListener("change", listener);
  };
};

/** The chosen theme. */
export const useTheme = (): Theme => useSyncExternalStore(subscribe, readTheme);

const readResolved = (): "light" | "dark" => {
  const theme = readTheme();
  if (theme !== "system") return theme;
  return darkQuery.matches ? "dark" : "light";
};

/** The theme as it is seen, for components that cannot follow CSS. */
export const useResolvedTheme = () => useSyncExternalStore(subscribe, readResolved);
