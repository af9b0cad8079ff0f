/**
 * What credentials look like: one list for scrubbing events and logs and for scanning files. Every pattern
 * runs in linear time over text that an attacker wrote: it can't restart inside what it has just read. A
 * token is also found right after a letter, because in JSON a token at the start of a line follows `\n`. If
 * an ordinary word could end the way the token starts, it's found only after such an escape.
 */
export interface TokenShape {
  /** Replaces a removed token. */
  name: string;
  /** For a person. */
  kind: string;
  /** A text without any of these has no such token; looking for them costs next to nothing. */
  marks: string[];
  /** Global, to find every one. */
  shape: RegExp;
}

/** Not in the middle of a word, except after an escape's letter. */
const START = String.raw`(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))`;

/**
 * A private key up to its end, or whatever can be part of one if the end is missing. The body may be escaped
 * once or twice, or be a list of lines.
 */
const PRIVATE_KEY =
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?:(?!-----(?:BEGIN|END) )[\s\S]){0,16000}-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----|[A-Za-z0-9+/=\s\\:,._]*)/g;

export const TOKEN_SHAPES: TokenShape[] = [
  { name: "private-key", kind: "Private key", marks: ["PRIVATE KEY"], shape: PRIVATE_KEY },
  { name: "anthropic", kind: "Anthropic key", marks: ["sk-ant-"], shape: /sk-ant-[A-Za-z0-9_-]{8,}/g },
  {
    name: "openai",
    kind: "OpenAI key",
    marks: ["sk-"],
    shape: new RegExp(
      `${START}sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})`,
      "g",
    ),
  },
  {
    name: "github",
    kind: "GitHub token",
    marks: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
    shape: /(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,})/g,
  },
  {
    name: "gitlab",
    kind: "GitLab token",
    marks: ["glpat-"],
    shape: /glpat-[A-Za-z0-9_-]{20,}/g,
  },
  {
    name: "aws",
    kind: "AWS access key id",
    marks: ["AKIA", "ASIA"],
    shape: /(?:AKIA|ASIA)[A-Z0-9]{16}/g,
  },
  {
    name: "aws-secret",
    kind: "AWS secret access key",
    marks: ["ecret", "ECRET"],
    shape: /secret_?access_?key[\\"']{0,4}\s{0,5}[:=]\s{0,5}[\\"'`]{0,4}[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])/gi,
  },
  {
    name: "fly",
    kind: "Fly.io token",
    marks: ["fo1_", "FlyV1", "fm1", "fm2"],
    shape: /(?:fo1_[A-Za-z0-9_-]{16,}|FlyV1 [A-Za-z0-9+/=_,-]{16,}|fm[12][ar]?_[A-Za-z0-9+/=_-]{16,})/g,
  },
  {
    name: "supabase",
    kind: "Supabase secret key",
    marks: ["sbp_", "sb_secret_"],
    shape: /(?:sbp_[A-Za-z0-9_-]{16,}|sb_secret_[A-Za-z0-9_-]{20,})/g,
  },
  {
    name: "stripe",
    kind: "Stripe key",
    marks: ["k_live_", "k_test_", "whsec_"],
    shape: new RegExp(`${START}(?:[rs]k_(?:live|test)|whsec)_[A-Za-z0-9]{16,}`, "g"),
  },
  {
    name: "slack",
    kind: "Slack token",
    marks: ["xox"],
    shape: new RegExp(`${START}xox[abeoprs]-[A-Za-z0-9-]{10,}`, "g"),
  },
  { name: "google", kind: "Google API key", marks: ["AIza"], shape: /AIza[A-Za-z0-9_-]{35}/g },
  {
    name: "npm",
    kind: "npm token",
    marks: ["npm_"],
    shape: new RegExp(String.raw`${START}npm_[A-Za-z0-9]{36}\b`, "g"),
  },
  {
    name: "sendgrid",
    kind: "SendGrid key",
    marks: ["SG."],
    shape: new RegExp(String.raw`${START}SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}`, "g"),
  },
  {
    name: "database-url",
    kind: "Database URL with a password",
    marks: ["://"],
    shape:
      /\b(?:postgres(?:ql)?|mysql|mongodb(?:\+srv)?|rediss?|amqps?):\/\/[^\s:@/"'`]{0,100}:[^\s@/"'`]{1,200}@(?!localhost\b|127\.|\[)[^\s/"'`]{1,200}/g,
  },
  {
    name: "leo",
    kind: "Leo token",
    marks: ["leo_"],
    shape: /leo_(?:at|pv|sh)_[A-Za-z0-9_-]{16,}/g,
  },
  {
    name: "jwt",
    kind: "JSON web token",
    marks: ["eyJ"],
    shape: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g,
  },
];
