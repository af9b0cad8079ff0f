/** What the scripted model owns up to: it plays prepared apps, and an app without a server cannot do everything. */
import { APPS, GENERAL_APP, type AppScenario } from "./apps.ts";

/** What no app without a server does, by the words that ask for it. */
const IMPOSSIBLE: [what: string, words: RegExp][] = [
  ["accounts and login", /\b(?:log ?ins?|sign ?ins?|accounts?|authentication|passwords?|user profiles?)\b/i],
  ["several people at once", /\b(?:multi-?player|multi-?user|collaborat\w*|chat)\b/i],
  ["sending e-mails or messages", /\b(?:e-?mails?|newsletter|sign-?up form|contact form|sms)\b/i],
  [
    "payments and orders",
    /\b(?:payments?|checkout|(?:web|online) ?(?:shop|store)|pre-?orders?|bookings?|reservations?)\b/i,
  ],
];

/** What a prompt asks for that an app without a server cannot do. */
export const impossibleIn = (prompt: string): string[] =>
  IMPOSSIBLE.flatMap(([what, words]) => (words.test(prompt) ? [what] : []));

const nounOf = (app: AppScenario) => app.defaultTitle.toLowerCase();

const PLAYED = APPS.map(nounOf).join(", ");

/** The end of a report: what was made is prepared, and what else was asked for is not in it. */
export const demoNote = (app: AppScenario, prompt: string): string => {
  const impossible = impossibleIn(prompt);
  const lines = [
    app === GENERAL_APP
      ? `Leo's demo model plays prepared apps (${PLAYED}). Yours is none of them, so it made a plain list. Set CLAUDE_CODE_OAUTH_TOKEN or ANTHROPIC_API_KEY and start Leo again to have it built.`
      : `Leo's demo model played its prepared ${nounOf(app)}. Whatever else you asked for is not in it.`,
  ];
  if (impossible.length > 0)
    lines.push(`An app without a server can't do this at all: ${impossible.join("; ")}.`);
  return lines.join("\n\n");
};
