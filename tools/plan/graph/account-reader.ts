/** Replaces AWS and registries when preflight runs in a graph, so that it uses no network. */
import { FARGATE_VCPU_QUOTA } from "../../preflight/problems.ts";
import type { Owner, Reader } from "../../preflight/facts.ts";
import { NotReadable } from "../../preflight/facts.ts";
import { input } from "./program-input.ts";

/** Has the name and type of what `build-program.ts` replaces with it. */
export const awsReader = (): Reader => {
  const { account, accountId, vcpuQuota } = input;
  const read = <T>(action: string, value: T): Promise<T> =>
    account.denied?.includes(action)
      ? Promise.reject(new NotReadable(action, true, "it is not allowed"))
      : Promise.resolve(value);
  const ownerOf = (kind: string, name: string): Owner => {
    const found = account.owners?.[`${kind} ${name}`] ?? "nobody";
    if (found === "nobody" || found === "stage") return { owner: found };
    if (found === "deletion") return { owner: "deletion", until: undefined };
    return { owner: "other", by: found };
  };
  return {
    account: () =>
      account.credentialsError
        ? Promise.reject(Object.assign(new Error(account.credentialsError), { name: "ExpiredToken" }))
        : Promise.resolve(accountId),
    owner: ({ kind, name }) => read(`read:${kind}`, ownerOf(kind, name)),
    vpcs: () => read("ec2:DescribeVpcs", account.vpcs ?? { count: 0, hasOwn: false }),
    quota: ({ quotaCode }) =>
      read(
        "servicequotas:GetServiceQuota",
        quotaCode === FARGATE_VCPU_QUOTA.quotaCode ? vcpuQuota : (account.vpcQuota ?? 5),
      ),
    zones: () => read("route53:ListHostedZones", account.zones ?? []),
    certificate: () => read("acm:DescribeCertificate", account.certificate),
    image: (reference) =>
      read("ecr:DescribeImages", account.images?.[reference] ?? { state: "found" as const }),
    baseRegistryProblem: () => Promise.resolve(account.baseRegistryProblem),
    close: () => undefined,
  };
};
