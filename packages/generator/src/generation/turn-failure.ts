import { failure, type Failure } from "@leo/core/failure.ts";
import { formatUsd } from "@leo/core/money.ts";
import type { GatewayUsage } from "../gateway/meter.ts";
import type { TurnEnd } from "../agent/agent.ts";
import { AgentCrash } from "../agent/agent.ts";
import { errorText, isSystemError } from "../error-text.ts";
import { SandboxFault } from "../sandbox/fault.ts";

/**
 * What a turn's end means for the run.
 * @param usage the gateway's totals after the turn
 * @param fault how the model's last answer failed, as the gateway saw it
 * @returns undefined when the turn ended as it should
 */
export const failureOfTurn = (
  { result, text }: TurnEnd,
  usage: GatewayUsage | undefined,
  fault: Failure | undefined,
): Failure | undefined => {
  const isRefusal = result.stop_reason === "refusal";
  if (result.subtype === "success" && !result.is_error && !isRefusal) {
    // The harness may keep a half of the last answer and call it a whole.
    return fault?.code === "model_unavailable" ? fault : undefined;
  }
  if (usage?.budgetExhausted)
    return failure("budget", `spent ${formatUsd(usage.costUsd)} of ${formatUsd(usage.budgetUsd)}`);
  if (result.subtype === "error_max_budget_usd")
    return failure("budget", `spent ${formatUsd(result.total_cost_usd)}`);
  if (result.subtype === "error_max_turns") {
    return failure("agent_error", `the agent used all of its ${result.num_turns} turns`);
  }
  if (fault) return fault;
  if (result.subtype !== "success") return failure("agent_error", result.errors.join("\n"));
  if (isRefusal) return failure("declined");
  const status = result.api_error_status ?? "with an error";
  return failure("agent_error", `the model's API answered ${status}: ${result.result || text}`);
};

/** What a thrown error means for the run. */
export const failureOfError = (error: unknown): Failure => {
  const detail = errorText(error);
  if (isSystemError(error, "ENOSPC")) return failure("disk_full", detail);
  if (error instanceof AgentCrash) return failure(error.code, detail);
  return failure(error instanceof SandboxFault ? "agent_error" : "internal", detail);
};
