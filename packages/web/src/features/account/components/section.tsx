import { useId, type ReactNode } from "react";

interface SectionProps {
  title: string;
  description?: string;
  children: ReactNode;
}

export const Section = ({ title, description, children }: SectionProps) => {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className="grid gap-x-8 gap-y-3 border-t border-line py-7 sm:grid-cols-[12rem_1fr]"
    >
      <div>
        <h2 id={id} className="text-sm font-medium">
          {title}
        </h2>
        {description && <p className="mt-1 text-xs text-pretty text-faint">{description}</p>}
      </div>
      <div className="min-w-0">{children}</div>
    </section>
  );
};
