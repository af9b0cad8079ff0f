import type { SDKUserMessage } from "@anthropic-ai/claude-agent-sdk";

/** The prompts of one agent session, given one at a time to a harness that waits for the next. */
export class PromptQueue implements AsyncIterable<SDKUserMessage> {
  #prompts: string[] = [];
  #closed = false;
  #wake: () => void = () => undefined;

  push(text: string): void {
    this.#prompts.push(text);
    this.#wake();
  }

  /** No more will come: the harness ends when it has answered what it has. */
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
        // The text is a person's, not a command line: no slash commands, no @file mentions.
        client_composed: true,
      };
    }
  }
}
