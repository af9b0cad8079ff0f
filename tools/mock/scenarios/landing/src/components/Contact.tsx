import { useState, type FormEvent } from "react";
import { useStored } from "../lib/useStored.ts";
import { Button } from "./Button.tsx";
import { Card } from "./Card.tsx";

interface ContactProps {
  name: string;
}

/** A message to take along: this page has no server, so it cannot send anything. */
export function Contact({ name }: ContactProps) {
  const [message, setMessage] = useStored("message", "");
  const [outcome, setOutcome] = useState("");

  const copy = (event: FormEvent) => {
    event.preventDefault();
    if (message.trim() === "") {
      setOutcome("Write your message first.");
      return;
    }
    navigator.clipboard.writeText(message.trim()).then(
      () => setOutcome("Copied. Paste it into an e-mail or a chat."),
      () => setOutcome("Your browser did not allow copying. Select the text and copy it yourself."),
    );
  };

  return (
    <Card label="Contact" className="p-8 text-center">
      <div id="contact" className="scroll-mt-12">
        <h2 className="text-2xl font-bold">Write to {name}</h2>
        <p className="mx-auto mt-2 max-w-md text-slate-600 dark:text-slate-400">
          This page has no server and sends nothing. Write your message here, then copy it and send it
          yourself.
        </p>
        <form onSubmit={copy} className="mx-auto mt-4 flex max-w-md flex-col gap-3">
          <textarea
            value={message}
            onChange={(event) => setMessage(event.target.value)}
            aria-label="Your message"
            aria-describedby="contact-outcome"
            rows={4}
            className="rounded-xl border border-slate-300 bg-slate-50 px-4 py-2 text-left dark:border-slate-700 dark:bg-slate-800"
          />
          <Button type="submit" look="primary">
            Copy the message
          </Button>
        </form>
        <output id="contact-outcome" className="mt-3 block text-sm">
          {outcome}
        </output>
      </div>
    </Card>
  );
}
