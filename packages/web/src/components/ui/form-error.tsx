import type { ReactNode } from "react";

/** A sentence about what went wrong, read out at once. */
export const FormError = ({ children }: { children: ReactNode }) => (
  <p role="alert" className="text-sm text-bad">
    {children}
  </p>
);
