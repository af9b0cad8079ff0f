/** What of a text looks like a secret: the token shapes, and what is only wrong in files. */
import { createHash } from "node:crypto";
import { setImmediate as breathe } from "node:timers/promises";
import { TOKEN_SHAPES } from "@leo/core/token-shapes.ts";

export interface SecretMatch {
  line: number;
  kind: string;
  /** The text that matched. It never leaves this process. */
  secret: string;
}

/** Vite puts every variable of this name into the bundle that all visitors load. */
const VITE_NAME =
  "\\bVITE_(?![A-Z0-9_]{0,60}(?:ANON|PUBLIC|PUBLISHABLE))[A-Z0-9_]{0,60}(?:SECRET|TOKEN|PASSWORD|PRIVATE|SERVICE_ROLE|API_KEY|ACCESS_KEY)[A-Z0-9_]{0,60}";
const PLACEHOLDER = "(?!your|my[-_]|xxx|changeme|change-me|example|placeholder|<|\\$|\\{)";

const RULES = [
  ...TOKEN_SHAPES.map(({ kind, shape }) => ({ kind, shape })),
  {
    kind: "Secret in a VITE_ variable",
    shape: new RegExp(
      `${VITE_NAME}["']?\\s{0,5}[:=]\\s{0,5}(["'\`])${PLACEHOLDER}[^"'\`\\s]{8,500}\\1`,
      "gi",
    ),
  },
  {
    kind: "Secret in a VITE_ variable",
    shape: new RegExp(`^(?:export )?${VITE_NAME}=${PLACEHOLDER}[^\\s"'#;,]{8,500}$`, "gim"),
  },
];

/** Names this set of rules: a result of others is out of date. */
export const RULES_ID = createHash("sha256")
  .update(RULES.map(({ kind, shape }) => `${kind} ${String(shape)}`).join("\n"))
  .digest("hex")
  .slice(0, 16);

const claimsOf = (token: string): Record<string, unknown> => {
  try {
    const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
    const claims: unknown = JSON.parse(payload);
    return typeof claims === "object" && claims !== null ? (claims as Record<string, unknown>) : {};
  } catch {
    // It only looks like one; it is reported as it looks.
    return {};
  }
};

/** Supabase's keys are JSON web tokens: the public one belongs into a bundle, the service key never. */
const kindOf = (kind: string, secret: string): string | undefined => {
  if (kind !== "JSON web token") return kind;
  const { role } = claimsOf(secret);
  if (role === "anon") return undefined;
  return role === "service_role" ? "Supabase service key" : kind;
};

/** Between pieces of this size others get their turn: a bundle is large and the rules are many. */
const PIECE_CHARS = 128 * 1024;
/** A secret may reach over the end of a piece by this much. */
const OVERLAP_CHARS = 8 * 1024;

const countLines = (text: string, from: number, to: number) => {
  let lines = 0;
  for (let at = text.indexOf("\n", from); at !== -1 && at < to; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
};

const matchesIn = (piece: string, endsAt: number) =>
  RULES.flatMap(({ kind, shape }) =>
    [...piece.matchAll(shape)]
      .filter(({ index }) => index < endsAt)
      .flatMap(({ 0: secret, index }) => {
        const known = kindOf(kind, secret);
        return known ? [{ index, kind: known, secret }] : [];
      }),
  ).toSorted((a, b) => a.index - b.index);

/** Every secret of a text, in order. Gives way to other work while it reads. */
export const findSecrets = async (text: string): Promise<SecretMatch[]> => {
  const found: SecretMatch[] = [];
  let line = 1;
  for (let start = 0; start < text.length; start += PIECE_CHARS) {
    if (start > 0) await breathe();
    const piece = text.slice(start, start + PIECE_CHARS + OVERLAP_CHARS);
    let counted = 0;
    for (const { index, kind, secret } of matchesIn(piece, PIECE_CHARS)) {
      line += countLines(piece, counted, index);
      counted = index;
      found.push({ line, kind, secret });
    }
    line += countLines(piece, counted, PIECE_CHARS);
  }
  return found;
};
