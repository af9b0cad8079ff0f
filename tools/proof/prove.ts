/**
 * The proof that Leo works: one small app built through the public address, the way a person's browser
 * does it. `npm run deploy`, `npm run deployed` and the doctor end with it.
 */
import { z } from "zod";
import { CreatedApp, PublicConfig } from "@leo/core/api.ts";
import { Generation } from "@leo/core/generation.ts";
import { openAccount, type Account } from "./account.ts";
import { follow } from "./follow.ts";
import { fetchPage } from "./page.ts";
import { ProofError, reasonOf } from "./proof-error.ts";
import { openSite, type Site } from "./site.ts";

const PROMPT = "A page that shows the text: Leo works. Nothing else on it, no other feature.";
const BUDGET_USD = 1;
const DEFAULT_TIMEOUT_MS = 20 * 60_000;

export interface ProofOptions {
  /** Where people open Leo. */
  url: string;
  account: Account;
  say: (line: string) => void;
  /** Ends the run early; what it made is deleted all the same. */
  signal?: AbortSignal;
  timeoutMs?: number;
  prompt?: string;
}

export interface Part {
  name: string;
  durationMs: number;
}

export interface Proof {
  parts: Part[];
  costUsd: number;
}

const seconds = (durationMs: number) => `${(durationMs / 1_000).toFixed(1)} s`;

const costNotice = ({ modelIsMock, limits }: PublicConfig) =>
  modelIsMock
    ? "Test run: one small app, with the scripted model, which costs nothing."
    : `Test run: one small app, with the real model. It costs at most USD ${Math.min(BUDGET_USD, limits.generationBudgetUsd)}; --no-run leaves it out.`;

const openPreview = async (site: Site, generationId: string): Promise<void> => {
  const { previewUrl } = await site.call(Generation, "GET", `/api/generations/${generationId}`);
  if (!previewUrl) throw new ProofError("The version has no preview.");
  const { origin } = new URL(previewUrl);
  const page = await fetchPage(previewUrl).catch((error: unknown) => {
    throw new ProofError(`${origin} cannot be reached: ${reasonOf(error)}.`, { cause: error });
  });
  if (page.status !== 200) throw new ProofError(`${origin} answers ${page.status}.`);
  if (!page.contentType.startsWith("text/html") || !/<html/i.test(page.text))
    throw new ProofError(`${origin} answers with something that is no page.`);
};

/** Runs the parts one after the other, and says how long each took. */
const stopwatch = (say: ProofOptions["say"]) => {
  const parts: Part[] = [];
  const part = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    try {
      const result = await work();
      const durationMs = performance.now() - startedAt;
      parts.push({ name, durationMs });
      say(`${name}: ${seconds(durationMs)}`);
      return result;
    } catch (error) {
      const took = seconds(performance.now() - startedAt);
      const message = `The test run failed at "${name}" after ${took}: ${reasonOf(error)}`;
      throw new ProofError(message, { cause: error });
    }
  };
  return { parts, part };
};

/** Runs every cleanup, also after a failure; what is left behind is named, and hides no failure. */
const withCleanup = async <T>(
  say: ProofOptions["say"],
  work: (later: (undo: () => Promise<unknown>) => void) => Promise<T>,
): Promise<T> => {
  const undos: (() => Promise<unknown>)[] = [];
  try {
    return await work((undo) => undos.unshift(undo));
  } finally {
    for (const undo of undos) await undo().catch((error: unknown) => say(reasonOf(error)));
  }
};

/**
 * Builds one app, opens its preview and deletes it.
 * @returns how long each part took, and the run's cost
 * @throws ProofError naming the part that failed, with the reason
 */
export const prove = async ({ url, account, say, ...options }: ProofOptions): Promise<Proof> => {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  const { parts, part } = stopwatch(say);
  const config = await part("reach the site", () => openSite(url).call(PublicConfig, "GET", "/api/config"));
  say(costNotice(config));

  return withCleanup(say, async (later) => {
    const supabase = { url: config.supabaseUrl, anonKey: config.supabaseAnonKey };
    const { accessToken, leave } = await part("sign in", () => openAccount(supabase, account));
    later(leave);
    signal.throwIfAborted();
    const site = openSite(url, accessToken);
    const { app, generation } = await part("submit the request", () =>
      site.call(CreatedApp, "POST", "/api/apps", { prompt: options.prompt ?? PROMPT, name: "Test run" }),
    );
    later(() =>
      site.call(z.unknown(), "DELETE", `/api/apps/${app.id}`).catch((error: unknown) => {
        throw new ProofError(`The test run's app ${app.id} is left: ${reasonOf(error)}`, { cause: error });
      }),
    );
    const { costUsd } = await part("build the app", () =>
      follow({
        url,
        accessToken,
        generationId: generation.id,
        budgetUsd: BUDGET_USD,
        say: (line) => say(`  ${line}`),
        signal,
      }),
    );
    await part("open the preview", () => openPreview(site, generation.id));
    return { parts, costUsd };
  });
};
