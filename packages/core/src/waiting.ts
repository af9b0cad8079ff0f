/** What a run waits for in the queue instead of failing: a model that is away. */
import { z } from "zod";
import { FailureCode } from "./failure.ts";

interface WaitKind {
  /** `time`: it passes by itself. `operator`: somebody has to mend it, and until then nothing else can run. */
  for: "time" | "operator";
  /** A sentence for the user while the run waits. */
  message: string;
  /** The same for somebody who runs Leo on their own computer: what to do about it. */
  onThisComputer?: string;
}

/** The failures with which a run goes back to the queue. */
export const WAITS: Partial<Record<FailureCode, WaitKind>> = {
  model_unavailable: {
    for: "time",
    message: "Claude is unavailable right now. Your run will continue on its own.",
  },
  model_limit: {
    for: "time",
    message: "Waiting for Claude's usage limit to reset. Your run will continue on its own.",
  },
  model_credential: {
    for: "operator",
    message: "Claude rejected Leo's credential. Your run continues once your administrator replaces it.",
    onThisComputer:
      "Claude rejected the credential. Stop Leo, set CLAUDE_CODE_OAUTH_TOKEN or ANTHROPIC_API_KEY to a valid one, and run npm start again. Your run will then continue on its own.",
  },
  model_balance: {
    for: "operator",
    message: "Leo's Claude account is out of credit. Your run continues once your administrator tops it up.",
    onThisComputer:
      "Your Claude account is out of credit. Top it up, and your run continues within a few minutes.",
  },
  model_unknown: {
    for: "operator",
    message:
      "The model Leo is set to use doesn't exist. Your run continues once your administrator chooses another one.",
    onThisComputer:
      "The model in LEO_MODEL doesn't exist. Stop Leo, set LEO_MODEL to another one or leave it out, and run npm start again. Your run will then continue on its own.",
  },
  model_address: {
    for: "operator",
    message:
      "There is no Claude API at the address that Leo is set to use. The run goes on by itself once your administrator has corrected it.",
    onThisComputer:
      "There is no Messages API at the address in ANTHROPIC_BASE_URL. Stop Leo, correct the address or leave it out, and run npm start again. The run then goes on by itself.",
  },
  model_certificate: {
    for: "operator",
    message:
      "Leo can't trust the certificate that it gets in place of Claude's. The run goes on by itself once your administrator has added its authority.",
    onThisComputer:
      "Leo can't trust the certificate of the model's endpoint. Stop Leo, set NODE_EXTRA_CA_CERTS to a file with the authority that issued it, and run npm start again. The run then goes on by itself.",
  },
  model_proxy: {
    for: "operator",
    message:
      "The proxy between Leo and Claude rejects Leo. The run goes on by itself once your administrator has corrected its address, user or password.",
    onThisComputer:
      "Your proxy rejects Leo. Stop Leo, correct the address, user and password in HTTPS_PROXY, and run npm start again. The run then goes on by itself.",
  },
};

/** Why a queued generation does not start although there may be room. */
export const Waiting = z.object({
  code: FailureCode,
  /** A sentence for the person who asked. */
  message: z.string().max(2_000),
  /** When it goes on; absent while nobody knows. */
  until: z.iso.datetime().optional(),
});
export type Waiting = z.infer<typeof Waiting>;

/**
 * What somebody reads while a generation waits.
 * @param code one of `WAITS`
 * @param isOnThisComputer they run Leo themselves
 */
export const waitingFor = (code: FailureCode, isOnThisComputer: boolean, until?: Date): Waiting => {
  const kind = WAITS[code];
  if (!kind) throw new Error(`nothing waits for ${code}`);
  return {
    code,
    message: (isOnThisComputer && kind.onThisComputer) || kind.message,
    ...(until ? { until: until.toISOString() } : {}),
  };
};
