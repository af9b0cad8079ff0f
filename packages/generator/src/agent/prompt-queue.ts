import type { SDKUserMessage } from "@anthropic-ai/claude-agent-sdk";

/** The prompts of one agent session. The harness takes one at a time and waits for the next. */
export class PromptQueue implements AsyncIterable<SDKUserMessage> {
  #prompts: string[] = [];
  #closed = false;
  #wake: () => void = () => undefined;

  push(text: string): void {
    this.#prompts.push(text);
    this.#wake();
  }

  /** Ends the session once the harness has answered the prompts it has. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SDKUserMessage> {
    while (!this.#closed || this.#prompts.length > 0) {
      const text = this.#prompts.shift();
      if (text === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      yield {
        type: "user",
        message: { role: "user", content: text },
        parent_tool_use_id: null,
        // A person wrote the text: slash commands and @file mentions in it mean nothing.
        client_composed: true,
      };
    }
  }
}
