const EXAMPLES = [
  { name: "Todo list", prompt: "A todo list with dark mode" },
  { name: "Kanban board", prompt: "A kanban board for planning a house move" },
  { name: "Pomodoro timer", prompt: "A pomodoro timer that counts the sessions I finish" },
  { name: "Notes", prompt: "A notes app that counts the words as I type" },
  { name: "Landing page", prompt: "A landing page for a small bakery with answers to common questions" },
];

export const Examples = ({ onChoose }: { onChoose: (prompt: string) => void }) => (
  <div role="group" aria-label="Examples" className="flex flex-wrap gap-1.5">
    {EXAMPLES.map(({ name, prompt }) => (
      <button
        key={name}
        type="button"
        title={prompt}
        onClick={() => onChoose(prompt)}
        className="h-7 rounded-full border border-line px-3 text-xs text-muted transition-colors hover:border-line-strong hover:bg-hover hover:text-ink"
      >
        {name}
      </button>
    ))}
  </div>
);
