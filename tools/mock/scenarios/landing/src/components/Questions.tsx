import { Card } from "./Card.tsx";

interface QuestionsProps {
  name: string;
}

const questionsAbout = (name: string) => [
  ["How do I begin?", "Write down what you need in the box below, and send it to us the way you like best."],
  [
    "What does it cost?",
    "The first conversation is free. After that you get a fixed price before anything starts.",
  ],
  [`Who is behind ${name}?`, "A small team that has done this for years and likes doing it."],
];

export function Questions({ name }: QuestionsProps) {
  return (
    <div id="questions" className="scroll-mt-8 space-y-3">
      <h2 className="text-2xl font-bold">Questions</h2>
      {questionsAbout(name).map(([question, answer]) => (
        <Card key={question}>
          <details className="group px-5 py-4">
            <summary className="cursor-pointer font-medium">{question}</summary>
            <p className="mt-2 text-slate-600 dark:text-slate-400">{answer}</p>
          </details>
        </Card>
      ))}
    </div>
  );
}
