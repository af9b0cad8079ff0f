import type { ReactNode } from "react";

interface RingProps {
  /** How much is left, from 0 to 1. */
  share: number;
  children: ReactNode;
}

const RADIUS = 54;
const LENGTH = 2 * Math.PI * RADIUS;

export function Ring({ share, children }: RingProps) {
  return (
    <div className="relative mx-auto grid size-64 place-items-center">
      <svg viewBox="0 0 120 120" aria-hidden="true" className="absolute inset-0 -rotate-90">
        <circle cx="60" cy="60" r={RADIUS} fill="none" strokeWidth="6" className="stroke-slate-500/15" />
        <circle
          cx="60"
          cy="60"
          r={RADIUS}
          fill="none"
          strokeWidth="6"
          strokeLinecap="round"
          strokeDasharray={LENGTH}
          strokeDashoffset={LENGTH * (1 - share)}
          className="stroke-accent-500 transition-[stroke-dashoffset] duration-300"
        />
      </svg>
      <div className="flex flex-col gap-1">{children}</div>
    </div>
  );
}
