import { useRef } from "react";
import type { IdempotencyKey } from "./http.ts";
import { randomId } from "./random-id.ts";

/**
 * A key that stays the same as long as the same thing is being submitted, so that a second try after
 * a lost answer makes no second one.
 * @returns a function from what is submitted to its key; `done` ends the submission
 */
export const useIdempotencyKey = () => {
  const current = useRef<{ subject: string; key: string }>(undefined);
  return {
    keyFor:
      (subject: string): IdempotencyKey =>
      () => {
        if (current.current?.subject !== subject) current.current = { subject, key: randomId() };
        return current.current.key;
      },
    done: () => {
      current.current = undefined;
    },
  };
};
