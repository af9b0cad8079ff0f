import { useId, type ReactNode } from "react";
import { Loaded } from "../../../components/loaded.tsx";

interface BlockProps {
  title: string;
  /** Beside the title. */
  tools?: ReactNode;
  children: ReactNode;
}

/** A part of the operator's page. What is wider than a phone scrolls on its own. */
export const Block = ({ title, tools, children }: BlockProps) => {
  const id = useId();
  return (
    <section aria-labelledby={id} className="border-t border-line py-6">
      <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
        <h2 id={id} className="text-sm font-medium">
          {title}
        </h2>
        {tools}
      </div>
      {children}
    </section>
  );
};

export const Figure = ({ label, value }: { label: string; value: string }) => (
  <div>
    <dt className="text-xs text-faint">{label}</dt>
    <dd className="mt-0.5 text-lg font-semibold tracking-tight tabular-nums">{value}</dd>
  </div>
);

export const Nothing = ({ children }: { children: ReactNode }) => (
  <p className="text-sm text-muted">{children}</p>
);

interface ItemsProps<Data, Item> {
  query: { data: Data | undefined; error: Error | null };
  itemsOf: (data: Data) => readonly Item[];
  /** Said where there are none. */
  none: string;
  render: (item: Item) => ReactNode;
}

/** The list that a query brings. */
export const Items = <Data, Item>({ query, itemsOf, none, render }: ItemsProps<Data, Item>) => (
  <Loaded query={query}>
    {(data) => {
      const items = itemsOf(data);
      return items.length === 0 ? <Nothing>{none}</Nothing> : <ul>{items.map(render)}</ul>;
    }}
  </Loaded>
);
