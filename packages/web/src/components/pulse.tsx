import { clsx } from "clsx";

const TONES = { live: "bg-gold", good: "bg-good", bad: "bg-bad", still: "bg-line-strong" } as const;

/** A small dot that says at a glance how something stands; the words stand beside it. */
export const Pulse = ({ tone, className }: { tone: keyof typeof TONES; className?: string }) => (
  <span
    aria-hidden="true"
    data-mark={tone}
    className={clsx(
      "inline-block size-2 shrink-0 rounded-full",
      TONES[tone],
      tone === "live" && "animate-breathe",
      className,
    )}
  />
);
