import type { SVGProps } from "react";

/** Leo's mark: the constellation's sickle and hind triangle. */
export const Mark = (props: SVGProps<SVGSVGElement>) => (
  <svg viewBox="0 0 24 24" aria-hidden="true" fill="currentColor" stroke="currentColor" {...props}>
    <path
      fill="none"
      strokeWidth="1.2"
      strokeLinecap="round"
      strokeLinejoin="round"
      d="M16.6 3.2 12.2 4.1 9.7 7.6l1.2 4.1 4.2 2.6L14 20.6M15.1 14.3 5 18.4l9 2.2"
    />
    <g stroke="none">
      <circle cx="16.6" cy="3.2" r="1.5" />
      <circle cx="12.2" cy="4.1" r="1.3" />
      <circle cx="9.7" cy="7.6" r="1.5" />
      <circle cx="10.9" cy="11.7" r="1.3" />
      <circle cx="15.1" cy="14.3" r="1.5" />
      <circle cx="14" cy="20.6" r="2" />
      <circle cx="5" cy="18.4" r="1.7" />
    </g>
  </svg>
);

export const Wordmark = () => (
  <span className="inline-flex items-center gap-1.5">
    <Mark className="size-5 text-accent" />
    <span className="text-[15px] font-semibold tracking-tight">Leo</span>
  </span>
);
