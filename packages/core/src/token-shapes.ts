/**
 * What credentials look like: the one list for the scrubber of events and logs and for the scan of
 * files. Every shape runs in linear time over text that an attacker wrote: nothing in it can begin
 * again inside of what it has just read.
 */
export interface TokenShape {
  /** Stands in the place of a removed token. */
  name: string;
  /** For a person. */
  kind: string;
  /** Global, so that it finds every one. */
  shape: RegExp;
}

export const TOKEN_SHAPES: TokenShape[] = [
  {
    name: "private-key",
    kind: "Private key",
    shape: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g,
  },
  { name: "anthropic", kind: "Anthropic key", shape: /\bsk-ant-[A-Za-z0-9_-]{8,}/g },
  {
    name: "openai",
    kind: "OpenAI key",
    shape: /\bsk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})/g,
  },
  {
    name: "github",
    kind: "GitHub token",
    shape: /\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,})/g,
  },
  { name: "gitlab", kind: "GitLab token", shape: /\bglpat-[A-Za-z0-9_-]{20,}/g },
  { name: "aws", kind: "AWS access key id", shape: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g },
  {
    name: "aws-secret",
    kind: "AWS secret access key",
    shape: /\bsecret_?access_?key["']?\s{0,5}[:=]\s{0,5}["'`]?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])/gi,
  },
  {
    name: "fly",
    kind: "Fly.io token",
    shape: /\b(?:fo1_[A-Za-z0-9_-]{16,}|FlyV1 [A-Za-z0-9+/=_,-]{16,}|fm[12][ar]?_[A-Za-z0-9+/=_-]{16,})/g,
  },
  { name: "supabase", kind: "Supabase secret key", shape: /\bsb(?:p|_secret)_[A-Za-z0-9_-]{16,}/g },
  { name: "stripe", kind: "Stripe key", shape: /\b(?:[rs]k_(?:live|test)|whsec)_[A-Za-z0-9]{16,}/g },
  { name: "slack", kind: "Slack token", shape: /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g },
  { name: "google", kind: "Google API key", shape: /\bAIza[A-Za-z0-9_-]{35}/g },
  { name: "npm", kind: "npm token", shape: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { name: "sendgrid", kind: "SendGrid key", shape: /\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}/g },
  {
    name: "database-url",
    kind: "Database URL with a password",
    shape:
      /\b(?:postgres(?:ql)?|mysql|mongodb(?:\+srv)?|rediss?|amqps?):\/\/[^\s:@/"'`]{0,100}:[^\s@/"'`]{1,200}@(?!localhost\b|127\.|\[)[^\s/"'`]{1,200}/g,
  },
  { name: "leo-attempt", kind: "Leo attempt token", shape: /\bleo_at_[A-Za-z0-9_-]{16,}/g },
  {
    name: "jwt",
    kind: "JSON web token",
    shape: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g,
  },
];
