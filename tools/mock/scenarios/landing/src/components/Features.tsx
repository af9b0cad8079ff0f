import { Card } from "./Card.tsx";

const FEATURES = [
  { icon: "✦", heading: "Made to last", text: "We choose good materials and take the time that they need." },
  {
    icon: "♥",
    heading: "People first",
    text: "You talk to those who do the work, from the first question on.",
  },
  {
    icon: "➜",
    heading: "Quick to start",
    text: "Tell us what you need today and have a first answer tomorrow.",
  },
];

export function Features() {
  return (
    <div id="features" className="grid scroll-mt-8 gap-4 sm:grid-cols-3">
      {FEATURES.map(({ icon, heading, text }) => (
        <Card key={heading} className="p-6">
          <span
            aria-hidden="true"
            className="grid size-10 place-items-center rounded-xl bg-accent-500/15 text-xl text-accent-600 dark:text-accent-400"
          >
            {icon}
          </span>
          <h3 className="mt-3 text-lg font-semibold">{heading}</h3>
          <p className="mt-1 text-slate-600 dark:text-slate-400">{text}</p>
        </Card>
      ))}
    </div>
  );
}
