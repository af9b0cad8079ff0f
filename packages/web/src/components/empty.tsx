import type { ReactNode } from "react";

interface EmptyProps {
  title: string;
  children?: ReactNode;
  /** What the reader can do next. */
  action?: ReactNode;
}

/** A place with nothing in it yet: says what will be there, and what to do. */
export const Empty = ({ title, children, action }: EmptyProps) => (
  <div className="grid h-full place-items-center p-6">
    <div className="max-w-sm text-center">
      <p className="text-sm font-medium">{title}</p>
      {children && <div className="mt-1 text-sm text-pretty text-muted">{children}</div>}
      {action && <div className="mt-4 flex justify-center gap-2">{action}</div>}
    </div>
  </div>
);
