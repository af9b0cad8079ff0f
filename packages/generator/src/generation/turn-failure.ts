import { failure, type Failure } from "@leo/core/failure.ts";
import { formatUsd } from "@leo/core/money.ts";
import type { GatewayUsage } from "../gateway/meter.ts";
import type { TurnEnd } from "../agent/agent.ts";
import { AgentCrash } from "../agent/agent.ts";
import { errorText, isSystemError } from "../error-text.ts";
import { SandboxFault } from "../sandbox/fault.ts";

/**
 * The failure of a run whose turn ended like this.
 * @param usage the gateway's totals after the turn
 * @param fault how the model's last call failed, as the gateway saw it
 * @returns undefined if the turn succeeded
 */
export const failureOfTurn = (
  { result, text }: TurnEnd,
  usage: GatewayUsage | undefined,
  fault: Failure | undefined,
): Failure | undefined => {
  const isRefusal = result.stop_reason === "refusal";
  if (result.subtype === "success" && !result.is_error && !isRefusal) {
    // The harness may treat half of the last answer as a whole one.
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

/** The failure of a run that threw this error. */
export const failureOfError = (error: unknown): Failure => {
  const detail = errorText(error);
  if (isSystemError(error, "ENOSPC")) return failure("disk_full", detail);
  if (error instanceof AgentCrash) return failure(error.code, detail);
  return failure(error instanceof SandboxFault ? "agent_error" : "internal", detail);
};
