/**
 * What a person has typed and not sent. Kept in this browser, for each user and each place, until it is
 * sent, emptied, or the user signs out: a reload, a way back or the end of a session loses none of it.
 */
import { useCallback, useRef, useState } from "react";
import { currentUserId } from "./session.ts";

/** The oldest make room for more. */
const DRAFTS_MAX = 50;
/** Longer than any request may be; what is typed beyond is not kept. */
const CHARS_MAX = 50_000;

interface Draft {
  text: string;
  atMs: number;
}

const prefixOf = (userId: string) => `leo.draft.${userId}.`;

const keysOf = (userId: string) =>
  Object.keys(localStorage).filter((key) => key.startsWith(prefixOf(userId)));

const read = (key: string): Draft | undefined => {
  const stored = localStorage.getItem(key);
  return stored === null ? undefined : (JSON.parse(stored) as Draft);
};

const forgetOldest = (userId: string) => {
  const [oldest] = keysOf(userId).toSorted((one, other) => (read(one)?.atMs ?? 0) - (read(other)?.atMs ?? 0));
  if (oldest !== undefined) localStorage.removeItem(oldest);
};

const write = (userId: string, key: string, text: string) => {
  if (text.trim() === "") return localStorage.removeItem(key);
  if (localStorage.getItem(key) === null && keysOf(userId).length >= DRAFTS_MAX) forgetOldest(userId);
  const draft: Draft = { text: text.slice(0, CHARS_MAX), atMs: Date.now() };
  try {
    localStorage.setItem(key, JSON.stringify(draft));
  } catch (error) {
    // The browser gives no room; the text is still in the box.
    console.warn("A draft could not be kept.", error);
  }
};

/** Whether this browser keeps anything that the user has typed. */
export const hasDrafts = (userId: string): boolean => keysOf(userId).length > 0;

export const forgetDrafts = (userId: string) => {
  for (const key of keysOf(userId)) localStorage.removeItem(key);
};

/**
 * Text of a box that is kept until it is sent.
 * @param place names the box among the user's, for instance by its app
 * @param given begins with this instead of what is kept
 * @returns the text, a function that changes it, and one that forgets `sent` unless it is another text by now
 */
export const useDraft = (place: string, given = "") => {
  const [userId] = useState(() => currentUserId() ?? "");
  const key = `${prefixOf(userId)}${place}`;
  const [text, setText] = useState(() => given || (read(key)?.text ?? ""));
  const newest = useRef(text);
  const change = useCallback(
    (next: string | ((current: string) => string)) => {
      newest.current = typeof next === "string" ? next : next(newest.current);
      write(userId, key, newest.current);
      setText(newest.current);
    },
    [userId, key],
  );
  const sent = useCallback(
    (what: string) => {
      // Another tab may have kept another text for the same place.
      if (read(key)?.text === what) localStorage.removeItem(key);
      if (newest.current === what) setText((newest.current = ""));
    },
    [key],
  );
  return [text, change, sent] as const;
};
