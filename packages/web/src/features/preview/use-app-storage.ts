import { useEffect, useMemo, type RefObject } from "react";

/** As much as a browser gives an origin, roughly; what is over it is not kept. */
const MAX_CHARS = 1_000_000;

const keyOf = (generationId: string) => `leo.preview ${generationId}`;

/** The storage that a previewed page posts when the browser refuses it one of its own. */
const storageIn = (data: unknown): string | undefined => {
  if (typeof data !== "object" || data === null) return undefined;
  if (!("type" in data) || data.type !== "leo:app-storage" || !("data" in data)) return undefined;
  const text = JSON.stringify({ leo: data.data });
  return text.length <= MAX_CHARS ? text : undefined;
};

/**
 * Keeps what a previewed app stores where the browser refuses it a storage of its own: in a frame of
 * another site, or on an opaque origin.
 * @param generationId whose app; the address is no name for it, its link changes when it is revoked
 * @param load counts the loads of the frame from 1
 * @returns the name for the app's frame, in which the app finds what is kept
 */
export const useAppStorage = (
  generationId: string,
  frame: RefObject<HTMLIFrameElement | null>,
  load: number,
): string => {
  useEffect(() => {
    const onMessage = (event: MessageEvent<unknown>) => {
      if (event.source === null || event.source !== frame.current?.contentWindow) return;
      const text = storageIn(event.data);
      if (text !== undefined) localStorage.setItem(keyOf(generationId), text);
    };
    addEventListener("message", onMessage);
    return () => removeEventListener("message", onMessage);
  }, [generationId, frame]);
  // Read once per load: a changed name would reach a page that is already there.
  return useMemo(
    () => (load > 0 ? (localStorage.getItem(keyOf(generationId)) ?? "") : ""),
    [generationId, load],
  );
};
