/** What preflight reads, from AWS and from registries, with AWS's plain SDK clients. */
import { ACMClient, DescribeCertificateCommand } from "@aws-sdk/client-acm";
import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { DescribeImagesCommand, ECRClient } from "@aws-sdk/client-ecr";
import { ListHostedZonesCommand, Route53Client } from "@aws-sdk/client-route-53";
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  ServiceQuotasClient,
} from "@aws-sdk/client-service-quotas";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { awsProblem } from "@leo/core/explain.ts";
import type { Environment } from "../environment/env-files.ts";
import { type AwsCalls, awsCalls } from "./aws-calls.ts";
import {
  type Certificate,
  type ImageState,
  NotReadable,
  type Quota,
  type Reader,
  type Zone,
} from "./facts.ts";
import { ownerByTags, readOwner } from "./owners.ts";
import { baseRegistryProblem, readPublicImage } from "./registry.ts";

/** For all reads together. */
const READ_MS = 4_500;

interface Identity {
  account: string;
  partition: string;
}

const rejection = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });

const readIdentity = async (calls: AwsCalls): Promise<Identity> => {
  const { abortSignal } = calls;
  const asked = calls.client(STSClient).send(new GetCallerIdentityCommand({}), { abortSignal });
  // The search for credentials does not listen to the signal.
  const { Account = "", Arn = "" } = await Promise.race([asked, rejection(abortSignal)]);
  return { account: Account, partition: Arn.split(":")[1] ?? "aws" };
};

const readVpcs = async (calls: AwsCalls, stage: string) => {
  const vpcs = await calls.ask("ec2:DescribeVpcs", async (abort) => {
    const found = [];
    let NextToken: string | undefined;
    do {
      const page = await calls.client(EC2Client).send(new DescribeVpcsCommand({ NextToken }), abort);
      found.push(...(page.Vpcs ?? []));
      NextToken = page.NextToken;
    } while (NextToken);
    return found;
  });
  return {
    count: vpcs.length,
    hasOwn: vpcs.some(({ Tags }) => ownerByTags(stage, Tags).owner === "stage"),
  };
};

const readQuota = async (calls: AwsCalls, { serviceCode, quotaCode }: Quota): Promise<number> => {
  const quotas = calls.client(ServiceQuotasClient);
  const asked = { ServiceCode: serviceCode, QuotaCode: quotaCode };
  const answer = await calls
    .ask("servicequotas:GetServiceQuota", (abort) => quotas.send(new GetServiceQuotaCommand(asked), abort))
    // A quota that nobody ever raised may have its default alone.
    .catch((error: unknown) => {
      if (awsProblem(error) !== "missing") throw error;
      return calls.ask("servicequotas:GetAWSDefaultServiceQuota", (abort) =>
        quotas.send(new GetAWSDefaultServiceQuotaCommand(asked), abort),
      );
    });
  const value = answer.Quota?.Value;
  if (value === undefined)
    throw new NotReadable("servicequotas:GetServiceQuota", false, "AWS gives no number");
  return value;
};

const readZones = (calls: AwsCalls): Promise<Zone[]> =>
  calls.ask("route53:ListHostedZones", async (abort) => {
    const zones: Zone[] = [];
    let Marker: string | undefined;
    do {
      const page = await calls.client(Route53Client).send(new ListHostedZonesCommand({ Marker }), abort);
      for (const { Name = "", Id = "", Config } of page.HostedZones ?? []) {
        zones.push({
          name: Name.replace(/\.$/, ""),
          id: Id.replace("/hostedzone/", ""),
          isPrivate: Config?.PrivateZone ?? false,
        });
      }
      Marker = page.NextMarker;
    } while (Marker);
    return zones;
  });

const readCertificate = async (calls: AwsCalls, arn: string): Promise<Certificate | undefined> => {
  const command = new DescribeCertificateCommand({ CertificateArn: arn });
  try {
    const { Certificate } = await calls.ask("acm:DescribeCertificate", (abort) =>
      calls.client(ACMClient).send(command, abort),
    );
    return { status: Certificate?.Status ?? "unknown", names: Certificate?.SubjectAlternativeNames ?? [] };
  } catch (error) {
    if (awsProblem(error) === "missing") return undefined;
    throw error;
  }
};

const ECR_IMAGE =
  /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^:@]+)(?::([^@]+))?(?:@(.+))?$/;

const readImage = async (calls: AwsCalls, reference: string): Promise<ImageState> => {
  const [, registryId, region, repositoryName, tag, imageDigest] = ECR_IMAGE.exec(reference) ?? [];
  if (!registryId) return readPublicImage(reference, calls.abortSignal);
  const imageIds = [imageDigest ? { imageDigest } : { imageTag: tag ?? "latest" }];
  try {
    await calls.ask("ecr:DescribeImages", (abort) =>
      calls
        .client(ECRClient, region)
        .send(new DescribeImagesCommand({ registryId, repositoryName, imageIds }), abort),
    );
    return { state: "found" };
  } catch (error) {
    if (awsProblem(error) === "missing") return { state: "missing" };
    throw error;
  }
};

/**
 * Reads with the credentials of the environment, or with SST's when SST runs it.
 * @param signal ends all reads, after 4.5 s by default; what has no answer by then rejects with NotReadable
 */
export const awsReader = (
  stage: { name: string; region: string },
  env: Environment,
  signal: AbortSignal = AbortSignal.timeout(READ_MS),
): Reader => {
  const calls = awsCalls(stage.region, env, signal);
  let identity: Promise<Identity> | undefined;
  const whoami = () => (identity ??= readIdentity(calls));
  return {
    account: async () => (await whoami()).account,
    owner: async (named) =>
      readOwner({ calls, stage: stage.name, region: stage.region, ...(await whoami()) }, named),
    vpcs: () => readVpcs(calls, stage.name),
    quota: (quota) => readQuota(calls, quota),
    zones: () => readZones(calls),
    certificate: (arn) => readCertificate(calls, arn),
    image: (reference) => readImage(calls, reference),
    baseRegistryProblem: () => baseRegistryProblem(signal),
    close: calls.close,
  };
};
