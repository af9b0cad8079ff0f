/**
 * What can be made to go wrong, per call or for the next N calls.
 *
 * - call faults answer an API call in another way;
 * - task faults befall the next task that RunTask starts;
 * - event faults befall the next task-state event.
 */
import { z } from "zod";

const Operation = z.enum(["RunTask", "StopTask", "DescribeTasks", "ListTasks", "DescribeTaskDefinition"]);
export type Operation = z.infer<typeof Operation>;

const times = z.int().positive().default(1);
/** Only tasks whose `startedBy` is this. */
const startedBy = z.string().optional();
const onCall = { operation: Operation.default("RunTask"), times };
const onTask = { times, startedBy };
const onRunning = { ...onTask, afterMs: z.number().min(0).default(0) };

const CallFault = z.discriminatedUnion("kind", [
  /** 200 with "Capacity is unavailable at this time" in `failures`. */
  z.object({ kind: z.literal("capacity"), times }),
  /** 200 with "You've reached the limit on the number of vCPUs" in `failures`. */
  z.object({ kind: z.literal("vcpu_quota"), times }),
  /** 200 with this reason in `failures`, `RESOURCE:MEMORY` or `AGENT`. */
  z.object({ kind: z.literal("failure"), reason: z.string(), times }),
  /** 200, no tasks, no failures, nothing started. */
  z.object({ kind: z.literal("empty"), times }),
  z.object({ kind: z.literal("throttle"), ...onCall }),
  z.object({ kind: z.literal("server_error"), ...onCall }),
  z.object({ kind: z.literal("access_denied"), ...onCall }),
  /** Any other exception by its name. */
  z.object({
    kind: z.literal("exception"),
    name: z.string(),
    message: z.string(),
    status: z.int().default(400),
    ...onCall,
  }),
  /** The call is carried out and the connection dropped instead of the reply. */
  z.object({ kind: z.literal("lost_reply"), ...onCall }),
  /** The connection is dropped and nothing carried out. */
  z.object({ kind: z.literal("dropped_request"), ...onCall }),
  /** ListTasks does not show the newest tasks yet, as it may for a moment: an empty list. */
  z.object({ kind: z.literal("stale_list"), operation: z.literal("ListTasks").default("ListTasks"), times }),
  /** The call is carried out and answered this much later. */
  z.object({ kind: z.literal("slow_reply"), delayMs: z.number().positive(), ...onCall }),
]);
export type CallFault = z.infer<typeof CallFault>;

const TaskFault = z.discriminatedUnion("kind", [
  /** Time in PROVISIONING; a very long one is a task that never starts. */
  z.object({ kind: z.literal("slow_provisioning"), delayMs: z.number().positive(), ...onTask }),
  z.object({ kind: z.literal("image_pull"), transient: z.boolean().default(false), ...onTask }),
  z.object({ kind: z.literal("resource_initialization"), ...onTask }),
  z.object({ kind: z.literal("network_timeout"), ...onTask }),
  /** The essential container is killed for its memory. */
  z.object({ kind: z.literal("oom"), ...onRunning }),
  z.object({ kind: z.literal("spot"), ...onRunning }),
  /** The host is lost: no exit codes. */
  z.object({ kind: z.literal("host_lost"), ...onRunning }),
]);
export type TaskFault = z.infer<typeof TaskFault>;

const EventFault = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("event_duplicate"), times }),
  z.object({ kind: z.literal("event_drop"), times }),
  /** Sent after the event that follows it. */
  z.object({ kind: z.literal("event_reorder"), times }),
]);
export type EventFault = z.infer<typeof EventFault>;

export const Fault = z.union([CallFault, TaskFault, EventFault]);
export type Fault = z.infer<typeof Fault>;
export type FaultInput = z.input<typeof Fault>;

const isCallFault = (fault: Fault): fault is CallFault => CallFault.safeParse(fault).success;
const isTaskFault = (fault: Fault): fault is TaskFault => TaskFault.safeParse(fault).success;
const isEventFault = (fault: Fault): fault is EventFault => EventFault.safeParse(fault).success;

/** Faults waiting to happen, in the order in which they were added. */
export class Faults {
  #waiting: Fault[] = [];

  /** @throws ZodError when it is no known fault */
  add(...faults: FaultInput[]): void {
    this.#waiting.push(...faults.map((fault) => Fault.parse(fault)));
  }

  clear(): void {
    this.#waiting = [];
  }

  list(): Fault[] {
    return structuredClone(this.#waiting);
  }

  forCall(operation: string): CallFault | undefined {
    return this.#take(
      isCallFault,
      (fault) => ("operation" in fault ? fault.operation : "RunTask") === operation,
    );
  }

  forTask(startedByOfTask: string | undefined): TaskFault | undefined {
    return this.#take(isTaskFault, (fault) => !fault.startedBy || fault.startedBy === startedByOfTask);
  }

  forEvent(): EventFault | undefined {
    return this.#take(isEventFault, () => true);
  }

  #take<F extends Fault>(is: (fault: Fault) => fault is F, fits: (fault: F) => boolean): F | undefined {
    const index = this.#waiting.findIndex((fault) => is(fault) && fits(fault));
    const fault = this.#waiting[index];
    if (!fault || !is(fault)) return undefined;
    fault.times -= 1;
    if (fault.times === 0) this.#waiting.splice(index, 1);
    return fault;
  }
}
