import { LIMITS } from "@leo/core/limits.ts";

export interface UserMessage {
  messageId: string;
  text: string;
}

/** Requests that the user adds while the agent works. Each is taken once, however often it arrives. */
export class UserMessages {
  #waiting: UserMessage[] = [];
  readonly #seen = new Set<string>();
  #wake: () => void = () => undefined;

  /** @returns false if too many are waiting already */
  add(message: UserMessage): boolean {
    if (this.#seen.has(message.messageId)) return true;
    if (this.#waiting.length >= LIMITS.userMessagesMax) return false;
    this.#seen.add(message.messageId);
    this.#waiting.push(message);
    this.#wake();
    return true;
  }

  /** Skips messages that an earlier attempt has answered. */
  skip(messageIds: readonly string[]): void {
    for (const messageId of messageIds) this.#seen.add(messageId);
    this.#waiting = this.#waiting.filter(({ messageId }) => !messageIds.includes(messageId));
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** The next message, or undefined if none is waiting. */
  take(): UserMessage | undefined {
    return this.#waiting.shift();
  }

  /** Waits for the next message. */
  async next(): Promise<UserMessage> {
    for (;;) {
      const message = this.take();
      if (message) return message;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
