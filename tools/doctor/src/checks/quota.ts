import { GetServiceQuotaCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { FARGATE_VCPU_QUOTA, neededVcpus, quotaProblem } from "../../../preflight/problems.ts";
import type { Check } from "../check.ts";
import { failure, LeftOut, ok, warning } from "../finding.ts";
import { awsProblem, reasonOf } from "@leo/core/explain.ts";
import { needCredentials, type Target } from "../target.ts";

const readQuota = async ({ aws }: Target, signal: AbortSignal): Promise<number> => {
  const quotas = new ServiceQuotasClient(aws);
  try {
    const { serviceCode: ServiceCode, quotaCode: QuotaCode } = FARGATE_VCPU_QUOTA;
    const command = new GetServiceQuotaCommand({ ServiceCode, QuotaCode });
    const { Quota } = await quotas.send(command, { abortSignal: signal });
    if (Quota?.Value === undefined) throw new Error("AWS tells no number");
    return Quota.Value;
  } finally {
    quotas.destroy();
  }
};

/** Fargate's vCPU quota against what the stage may use at once. Generators use On-Demand capacity only. */
export const quotaCheck: Check = {
  name: "quota",
  run: async (target, signal) => {
    needCredentials(target);
    if (!target.stage) throw new LeftOut("a stage");
    try {
      const allowed = await readQuota(target, signal);
      const problem = quotaProblem(target.stage, allowed);
      if (!problem) return [ok(`${allowed} Fargate vCPUs, ${neededVcpus(target.stage)} needed`)];
      return [failure(problem.what, problem.advice)];
    } catch (error) {
      if (awsProblem(error) === "denied") {
        return [
          warning(
            "these credentials may not read the Fargate quota",
            "Allow servicequotas:GetServiceQuota, or look it up in the console.",
          ),
        ];
      }
      return [failure(`the Fargate quota can't be read: ${reasonOf(error)}`)];
    }
  },
};
