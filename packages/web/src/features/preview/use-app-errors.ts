import { useCallback, useEffect, useState, type RefObject } from "react";

/** An error that the previewed app met. */
export interface AppError {
  id: number;
  text: string;
  at: string;
}

const MAX_KEPT = 100;
const MAX_CHARS = 2_000;

/** The message that a previewed page posts to this one. Anything else it posts is ignored. */
const errorText = (data: unknown): string | undefined => {
  if (typeof data !== "object" || data === null) return undefined;
  if (!("type" in data) || data.type !== "leo:app-error") return undefined;
  return "message" in data && typeof data.message === "string" ? data.message.slice(0, MAX_CHARS) : undefined;
};

/** App errors in this frame since the component was mounted or `clear` was called, the newest last. */
export const useAppErrors = (frame: RefObject<HTMLIFrameElement | null>) => {
  const [errors, setErrors] = useState<readonly AppError[]>([]);
  const clear = useCallback(() => setErrors([]), []);
  useEffect(() => {
    let count = 0;
    const onMessage = (event: MessageEvent<unknown>) => {
      const isOurs = event.source !== null && event.source === frame.current?.contentWindow;
      const text = isOurs ? errorText(event.data) : undefined;
      if (text === undefined) return;
      count += 1;
      const error = { id: count, text, at: new Date().toISOString() };
      setErrors((known) => [...known, error].slice(-MAX_KEPT));
    };
    addEventListener("message", onMessage);
    return () => removeEventListener("message", onMessage);
  }, [frame]);
  return { errors, clear };
};
