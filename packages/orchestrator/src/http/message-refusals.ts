/** Why a message for the agent is not taken, in the API's words. */
import { LIMITS } from "@leo/core/limits.ts";
import { ApiFault } from "../fault.ts";
import { limitFault } from "../limits/limit-fault.ts";
import type { UserMessageRefusal } from "../generation/messages.ts";

export const MESSAGE_REFUSALS: Record<UserMessageRefusal, ApiFault> = {
  not_running: new ApiFault("conflict", "The generation is not running. Send a follow-up request instead."),
  storing: new ApiFault(
    "conflict",
    "The version is finished and being stored. Send this as the next request in a moment.",
  ),
  full: new ApiFault("conflict", "This run has written as much as a run may. Send this as the next request."),
  too_many: limitFault(
    "limit_reached",
    `${LIMITS.userMessagesMax} requests wait for the agent already, which is the limit. Send more when it has answered.`,
    { limit: "messages_waiting", max: LIMITS.userMessagesMax, current: LIMITS.userMessagesMax },
  ),
};
