/** What a scripted generator does. A script is plain data, so it fits into an environment variable. */
import { z } from "zod";
import { FailureCode } from "@leo/core/failure.ts";

export const GeneratorScript = z.strictObject({
  /** Wait before connecting. */
  startDelayMs: z.number().min(0).default(0),
  /** False: connects and never says `ready`. */
  ready: z.boolean().default(true),
  /** Messages to send before the ending. */
  events: z.int().min(0).default(20),
  /** Messages per second; 0 is as fast as they are acknowledged. */
  rate: z.number().min(0).default(0),
  /** Length of the text in each message. */
  textChars: z.int().min(0).max(20_000).default(60),
  /**
   * `complete` sends `all_work_complete` and waits for its acknowledgement; `fail` does so with a
   * failure; `exit` ends without a word; `hang` stays connected, silent, past its deadline.
   */
  ending: z.enum(["complete", "fail", "exit", "hang"]).default("complete"),
  failure: FailureCode.default("agent_error"),
  exitCode: z.int().min(0).max(255).default(0),
  /** Uploads a manifest and a few files before `complete`. */
  upload: z.boolean().default(false),
  ignoreCancel: z.boolean().default(false),
  /** Only the process: survives SIGTERM. */
  ignoreTerm: z.boolean().default(false),
  /** After each reconnect sends every message again from number 1, acknowledged or not. */
  resendAll: z.boolean().default(false),
  /** Cuts the connection right after each of these messages was sent for the first time. */
  cutAt: z.array(z.int().min(1)).default([]),
  /** Cuts the connection after every so many messages. */
  cutEvery: z.int().min(1).optional(),
  /** The longest wait between two connections. */
  backoffMaxMs: z.number().min(0).default(4_000),
  /** Drops the connection after this message and works on without one … */
  offlineFrom: z.int().min(1).optional(),
  /** … until this many messages wait. */
  offlineUntil: z.int().min(1).optional(),
  /** After its messages neither reads nor answers pings, though the connection stays open. */
  mute: z.boolean().default(false),
});
export type GeneratorScript = z.infer<typeof GeneratorScript>;
export type ScriptInput = z.input<typeof GeneratorScript>;

export const PRESETS = {
  happy: { upload: true },
  /** Happy without storage, for measuring. */
  load: {},
  slow: { upload: true, rate: 2 },
  "silent-exit": { ending: "exit" },
  die: { ending: "exit", exitCode: 1 },
  "never-ready": { ready: false },
  hang: { ending: "hang" },
  mute: { ending: "hang", mute: true },
  fail: { ending: "fail" },
  "ignore-cancel": { ending: "hang", ignoreCancel: true, ignoreTerm: true },
  "resend-all": { upload: true, resendAll: true, cutEvery: 7, backoffMaxMs: 200 },
  cut: { upload: true, cutEvery: 5, backoffMaxMs: 200 },
  "cut-every-message": { upload: true, cutEvery: 1, backoffMaxMs: 50 },
  offline: { upload: true, events: 30, rate: 50, offlineFrom: 5, offlineUntil: 20, backoffMaxMs: 200 },
} satisfies Record<string, ScriptInput>;

const isPreset = (name: string): name is keyof typeof PRESETS => Object.hasOwn(PRESETS, name);

const parseValue = (text: string): unknown => {
  if (text === "true" || text === "false") return text === "true";
  if (/^\d+(?:,\d+)+$/.test(text)) return text.split(",").map(Number);
  return /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
};

/**
 * Reads a script from text: a preset's name and settings that change it, as in
 * `happy events=100 rate=20 cutAt=5,9`.
 * @throws ZodError or Error when a name or setting is unknown or wrong
 */
export const parseScript = (text: string): GeneratorScript => {
  const [name = "happy", ...settings] = text.trim().split(/\s+/);
  if (!isPreset(name)) throw new Error(`no script “${name}”; there are ${Object.keys(PRESETS).join(", ")}`);
  const changes = settings.map((setting): [string, unknown] => {
    const [key = "", value = ""] = setting.split(/=(.*)/s);
    const parsed = parseValue(value);
    return [key, key === "cutAt" && typeof parsed === "number" ? [parsed] : parsed];
  });
  return GeneratorScript.parse({ ...PRESETS[name], ...Object.fromEntries(changes) });
};

/** The script that a prompt asks for with a line `script: …`, if any. */
export const scriptInPrompt = (prompt: string): GeneratorScript | undefined => {
  const line = /^\s*script:\s*(.+)$/m.exec(prompt)?.[1];
  return line === undefined ? undefined : parseScript(line);
};
