import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { signalProcess } from "./kill-tree.ts";

const MAIN = path.join(import.meta.dirname, "guardian-main.ts");

/** The small process that ends everything registered when this process is gone, even by SIGKILL. */
export class Guardian {
  readonly #workDir: string;
  readonly #registered = new Map<number, NodeJS.Signals | undefined>();
  #child: ChildProcess;
  #ending = false;

  /** @param workDir where containers have their homes; processes marked with it end too */
  constructor(workDir: string) {
    this.#workDir = workDir;
    this.#child = this.#spawn();
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** @param first signal to ask with before SIGKILL; none: SIGKILL at once */
  register(pid: number, first?: NodeJS.Signals): void {
    if (this.#ending) {
      signalProcess(pid, "SIGKILL");
      return;
    }
    this.#registered.set(pid, first);
    this.#write(first ? `+${pid} ${first}` : `+${pid}`);
  }

  unregister(pid: number): void {
    this.#registered.delete(pid);
    this.#write(`-${pid}`);
  }

  /** Ends whatever is still registered or marked; resolves when it is gone and the guardian too. */
  async endAll(): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    const gone = once(this.#child, "exit");
    this.#child.ref();
    this.#child.stdin?.end();
    await gone;
  }

  #write(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  #spawn(): ChildProcess {
    const child = spawn(process.execPath, [MAIN, this.#workDir], {
      cwd: path.parse(process.cwd()).root,
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
      env: { PATH: process.env.PATH },
    });
    // A guardian that was killed leaves a broken pipe; its exit, below, starts another.
    child.stdin?.on("error", () => undefined);
    child.once("exit", () => {
      if (this.#ending) return;
      this.#child = this.#spawn();
      for (const [pid, first] of this.#registered) this.register(pid, first);
    });
    child.unref();
    return child;
  }
}
