import { useState, type FormEvent } from "react";
import { useStored } from "../lib/useStored.ts";
import { Button } from "./Button.tsx";
import { Card } from "./Card.tsx";
import { TextField } from "./TextField.tsx";

interface SignUpProps {
  name: string;
}

export function SignUp({ name }: SignUpProps) {
  const [address, setAddress] = useStored("address", "");
  const [draft, setDraft] = useState("");
  const [problem, setProblem] = useState("");

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!/^\S+@\S+\.\S+$/.test(draft.trim())) {
      setProblem("Please enter an address like name@example.com.");
      return;
    }
    setProblem("");
    setAddress(draft.trim());
  };

  return (
    <Card label="Sign up" className="p-8 text-center">
      <div id="sign-up" className="scroll-mt-12">
        <h2 className="text-2xl font-bold">Stay in touch with {name}</h2>
        {address ? (
          <output className="mt-4 block space-y-3">
            <p>Thank you. We will write to {address}.</p>
            <Button onClick={() => setAddress("")}>Use another address</Button>
          </output>
        ) : (
          <form onSubmit={submit} noValidate className="mx-auto mt-4 flex max-w-md gap-2">
            <TextField
              type="email"
              value={draft}
              onChange={(event) => setDraft(event.target.value)}
              aria-label="E-mail address"
              aria-invalid={problem !== ""}
              aria-describedby="sign-up-problem"
              placeholder="name@example.com"
              className="flex-1"
            />
            <Button type="submit" look="primary">
              Sign up
            </Button>
          </form>
        )}
        <p id="sign-up-problem" role="alert" className="mt-3 text-sm text-red-600 dark:text-red-400">
          {problem}
        </p>
      </div>
    </Card>
  );
}
