/**
 * What a generator's session does about what happens, as pure functions.
 *
 * Frames are committed as they come, several at once, since one commit stores many. A closing session sends nothing;
 * what follows from a committed last message is done all the same.
 */
import { LIMITS } from "@leo/core/limits.ts";
import { CloseCode, PROTOCOL } from "@leo/core/protocol/close-code.ts";
import type { FromGenerator, NumberedMessage } from "@leo/core/protocol/generator.ts";
import type { CommitOutcome } from "../events/committer.ts";
import type { AttemptRow } from "../generation/attempt.ts";
import { inOwnWords, jobsOf, numbersOf, type Answer, type Frame, type Job } from "./generator-jobs.ts";
import {
  close,
  leave,
  restart,
  stay,
  unknownToken,
  type Admitted,
  type GeneratorEffect,
  type GeneratorInput,
  type GeneratorSession,
  type GeneratorStep,
  type Presenting,
  type Serving,
} from "./generator-session.ts";
import type { Work } from "./generator-work.ts";
import type { Moment } from "./session.ts";
import { stopReasonOf } from "./stop-reason.ts";

/** As much of one generator may wait for the database before its socket stops being read; less than it by one frame. */
const WAITING_MAX_BYTES = 1024 * 1024;

/** A socket of which nothing is read for now. */
const isUnread = (session: GeneratorSession): boolean =>
  session.state === "presenting" ||
  (session.state === "serving" && session.waitingBytes >= WAITING_MAX_BYTES);

const identified = (session: Presenting, work: Work | undefined, { elapsedMs }: Moment): GeneratorStep => {
  if (!work) return unknownToken(session);
  const stop = stopReasonOf(work);
  if (stop) return close(session, stop.code, stop.reason);
  const { attempt } = work;
  return {
    session: { state: "admitted", attempt, readyByMs: elapsedMs + LIMITS.helloTimeoutMs },
    effects: [{ type: "watch", attempt }],
  };
};

/** Carries out the jobs up to the first that asks something, and asks that. */
const proceed = (session: Serving, queue: readonly Job[]): GeneratorStep => {
  const effects: GeneratorEffect[] = [];
  let { ackedN, cancel, waitingBytes } = session;
  for (const [index, job] of queue.entries()) {
    if (job.type === "ack") {
      ackedN = Math.max(ackedN, job.n);
      effects.push({ type: "ack", n: ackedN });
      waitingBytes -= job.sizeBytes;
    } else if (job.type === "cancel") {
      if (cancel === "unsent") effects.push({ type: "send", message: { type: "cancel" } });
      cancel = "sent";
    } else {
      effects.push({ type: "ask", attempt: session.attempt, question: job });
      return { session: { ...session, ackedN, cancel, waitingBytes, jobs: queue.slice(index) }, effects };
    }
  }
  return { session: { ...session, ackedN, cancel, waitingBytes, jobs: [] }, effects };
};

const enqueue = (session: Serving, ...jobs: Job[]): GeneratorStep =>
  session.jobs.length === 0 ? proceed(session, jobs) : stay({ ...session, jobs: [...session.jobs, ...jobs] });

const ready = (
  session: Admitted | Serving,
  { protocol, started }: FromGenerator & { type: "ready" },
): GeneratorStep => {
  if (protocol !== PROTOCOL)
    return close(
      session,
      CloseCode.protocol,
      `protocol ${protocol} is unknown, this server speaks ${PROTOCOL}`,
    );
  if (session.state === "serving") {
    // Said again and again, it is answered once more, and costs no more than that.
    const isWaiting = session.jobs.slice(1).some(({ type }) => type === "welcome");
    return isWaiting ? stay(session) : enqueue(session, { type: "welcome", started });
  }
  const serving: Serving = {
    state: "serving",
    attempt: session.attempt,
    highestN: undefined,
    ackedN: session.attempt.lastN,
    waitingBytes: 0,
    jobs: [],
    cancel: "unsent",
  };
  return enqueue(serving, { type: "welcome", started });
};

const accept = (session: Serving, messages: NumberedMessage[], sizeBytes: number): GeneratorStep => {
  const { highestN, gapN } = numbersOf(messages, session.highestN);
  if (gapN !== undefined) return close(session, CloseCode.protocol, `message ${gapN} came after ${highestN}`);
  const frame = { messages: messages.map(inOwnWords), sizeBytes };
  return {
    session: { ...session, highestN, waitingBytes: session.waitingBytes + sizeBytes },
    effects: [{ type: "commit", attempt: session.attempt, frame }],
  };
};

const committed = (session: Serving, frame: Frame, outcome: CommitOutcome): GeneratorStep => {
  if (outcome === "invalid") return close(session, CloseCode.protocol, "a message that cannot be stored");
  if (outcome === "refused") {
    const { effects } = leave(session, { type: "explain", attempt: session.attempt });
    return { session: { state: "stale" }, effects };
  }
  return enqueue(session, ...jobsOf(frame, outcome === "cut"));
};

/** The socket is gone, but the work that its generator has reported as complete is. */
const committedAfterwards = (
  attempt: AttemptRow,
  frame: Frame,
  outcome: CommitOutcome,
): GeneratorEffect[] => {
  if (outcome !== "stored" && outcome !== "cut") return [];
  return jobsOf(frame, outcome === "cut").flatMap((job): GeneratorEffect[] =>
    job.type === "complete" ? [{ type: "ask", attempt, question: job }] : [],
  );
};

const after = (effects: GeneratorEffect[], next: GeneratorStep): GeneratorStep => ({
  session: next.session,
  effects: [...effects, ...next.effects],
});

/** What the answer to the first job puts in front of the others, or how it ends the session. */
const answered = (session: Serving, answer: Answer): GeneratorStep => {
  const [asked, ...others] = session.jobs;
  if (asked?.type !== answer.type) return stay(session);
  const next = (...jobs: Job[]) => proceed(session, [...jobs, ...others]);
  const deleted = () => close(session, CloseCode.fenced, "the generation was deleted");
  switch (answer.type) {
    case "welcome": {
      const { found, started } = answer;
      if (!found) return deleted();
      // The look is for what was asked for before it was registered, and so found no generator to notify. One that
      // has its work may wait for the acknowledgement to know that no request is on its way. One that has not is
      // acknowledged only what it had sent before this connection: nothing has been taken for the rest.
      const ack = (n: number): Job => ({ type: "ack", n, sizeBytes: 0 });
      const jobs: Job[] = started
        ? [{ type: "take", again: true }, ack(found.attempt.lastN), { type: "look", again: false }]
        : [ack(session.ackedN), { type: "compose", work: found }, { type: "look", again: true }];
      return after([{ type: "register", attempt: session.attempt }], next(...jobs));
    }
    case "compose":
      return after([{ type: "send", message: answer.start }], next());
    case "look": {
      if (!answer.found) return deleted();
      const stop = stopReasonOf(answer.found);
      if (stop) return close(session, stop.code, stop.reason);
      const { attempt, generation } = answer.found;
      const isCancelled = generation.cancelRequestedAt !== null || attempt.cutAt !== null;
      return next(isCancelled ? { type: "cancel" } : { type: "take", again: answer.again });
    }
    case "take": {
      const requests = answer.messages.map(({ id, text }): GeneratorEffect => {
        return { type: "send", message: { type: "user_message", messageId: id, text } };
      });
      return after(requests, next());
    }
    case "complete":
      break;
  }
  return next();
};

/** A look that nothing waits for comes again with the next sweep; anything else the generator says once more. */
const unanswered = (session: Serving): GeneratorStep => {
  const [asked, ...others] = session.jobs;
  const isLook = (asked?.type === "look" || asked?.type === "take") && !asked.again;
  return isLook && !others.some(({ type }) => type === "ack") ? proceed(session, others) : restart(session);
};

/** One more look, unless one is waiting for its turn. */
const notify = (session: Serving): GeneratorStep =>
  session.jobs.length > 1 && session.jobs.at(-1)?.type === "look"
    ? stay(session)
    : enqueue(session, { type: "look", again: false });

const serve = (session: Serving, input: GeneratorInput): GeneratorStep => {
  if (input.type === "message" && input.message.type === "ready") return ready(session, input.message);
  if (input.type === "message" && input.message.type === "messages")
    return accept(session, input.message.messages, input.sizeBytes);
  if (input.type === "committed") return committed(session, input.frame, input.outcome);
  if (input.type === "answered") return answered(session, input.answer);
  if (input.type === "unanswered") return unanswered(session);
  return input.type === "notify" ? notify(session) : stay(session);
};

const react = (session: GeneratorSession, input: GeneratorInput, now: Moment): GeneratorStep => {
  if (session.state === "closing") {
    const isCommit = input.type === "committed";
    return {
      session,
      effects: isCommit ? committedAfterwards(input.attempt, input.frame, input.outcome) : [],
    };
  }
  if (input.type === "closed") return leave(session);
  if (input.type === "dismissed") return close(session, input.code, input.reason);
  if (input.type === "malformed") return close(session, CloseCode.protocol, input.reason);
  if (input.type === "replaced") return leave(session, { type: "terminate" });
  if (input.type === "failed") return restart(session);
  switch (session.state) {
    case "presenting":
      return input.type === "identified" ? identified(session, input.work, now) : stay(session);
    case "admitted":
      if (input.type === "tick" && now.elapsedMs >= session.readyByMs)
        return close(session, CloseCode.timeout, "no ready in time");
      if (input.type !== "message") return stay(session);
      return input.message.type === "ready"
        ? ready(session, input.message)
        : close(session, CloseCode.protocol, "the first message must be ready");
    case "stale": {
      if (input.type !== "explained") return stay(session);
      const stop = input.work && stopReasonOf(input.work);
      return stop ? close(session, stop.code, stop.reason) : restart(session);
    }
    case "serving":
      break;
  }
  return serve(session, input);
};

/** What a session does about one input. Never throws; what a state does not wait for changes nothing in it. */
export const stepGeneratorSession = (
  session: GeneratorSession,
  input: GeneratorInput,
  now: Moment,
): GeneratorStep => {
  const { session: next, effects } = react(session, input, now);
  if (isUnread(next) === isUnread(session)) return { session: next, effects };
  // One that closes is read too: the end of its closing handshake must arrive.
  return { session: next, effects: [...effects, { type: isUnread(next) ? "pause" : "resume" }] };
};

/** How long until the session must be looked at again although nothing happens. */
export const untilGeneratorTickMs = (session: GeneratorSession, { elapsedMs }: Moment): number | undefined =>
  session.state === "admitted" ? session.readyByMs - elapsedMs : undefined;
