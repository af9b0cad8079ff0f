import { useEffect, useState } from "react";

/** Stands in where the browser refuses storage, as it does for a page in a sandbox. */
const memory = new Map<string, string>();

const read = (key: string): string | null => {
  try {
    return window.localStorage.getItem(key);
  } catch {
    return memory.get(key) ?? null;
  }
};

const write = (key: string, value: string) => {
  try {
    window.localStorage.setItem(key, value);
  } catch {
    memory.set(key, value);
  }
};

const parse = <T>(text: string | null, fallback: T): T => {
  if (text === null) return fallback;
  try {
    return JSON.parse(text) as T;
  } catch {
    return fallback;
  }
};

/** State that survives a reload. */
export function useStored<T>(key: string, initial: T) {
  const [value, setValue] = useState<T>(() => parse(read(key), initial));
  useEffect(() => write(key, JSON.stringify(value)), [key, value]);
  return [value, setValue] as const;
}
