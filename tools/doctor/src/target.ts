/** What's being checked: a stage on AWS or this machine, with every address that a check calls. */
import type { AnySecretName, SecretName } from "../../../infra/secret-list.ts";
import type { Stage } from "../../../infra/stage.ts";
import { AWS_CREDENTIALS, type Finding, LeftOut } from "./finding.ts";

export type SecretValues = Partial<Record<AnySecretName, string>>;

/** Options for every AWS client; endpoints come from the SDK's own `AWS_ENDPOINT_URL…` variables. */
export interface AwsConfig {
  region: string;
  endpoint?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
  maxAttempts: number;
  requestHandler: { connectionTimeout: number; requestTimeout: number };
}

export interface Target {
  /** Its name in sentences: `this machine`, `stage prod`. */
  name: string;
  env: Record<string, string | undefined>;
  aws: AwsConfig;
  s3ForcePathStyle: boolean;
  /** Whose credentials these are; absent if they don't work. */
  identity?: { account: string; arn: string };
  /** Why they don't work. */
  identityProblem?: Finding;
  /** The stage's settings; absent on this machine. */
  stage?: Stage;
  /** What a deploy would use, or what the local cloud uses. */
  secrets: SecretValues;
  /** Why the secrets could not be read. */
  secretsProblem?: Finding;
  /** The running tasks' secrets; absent if nothing is deployed. */
  runningSecrets?: SecretValues;
  /** Why that could not be read. */
  runningSecretsProblem?: Finding;
  /** Something is running there, so anything missing is a failure and not just yet to be created. */
  isUp: boolean;
  /** Unknown what is deployed. */
  isUpUnknown?: boolean;
  bucket?: string;
  queue?: { name: string; deadName?: string };
  /** Where Leo answers. */
  publicUrl?: string;
  /** Where TLS is expected: the site's host, and a port other than 443 in tests. */
  tls?: { host: string; previewDomain: string; port: number; connectTo?: string; ca?: string };
  modelUrl: string;
  /** An endpoint other than Anthropic's, which `npm start` would use. It may support nothing but the Messages API. */
  modelEndpoint?: string;
  githubUrl: string;
  /** A server with a correct clock. */
  clockUrl: string;
  dataDir: string;
  port: number;
}

/** @throws LeftOut if the credentials don't work */
export const needCredentials = ({ identity }: Target): void => {
  if (!identity) throw new LeftOut(AWS_CREDENTIALS);
};

/** A secret's value. @throws LeftOut if there is none, or it couldn't be read */
export const secretOf = (target: Target, name: SecretName): string => {
  const value = target.secrets[name];
  if (value) return value;
  needCredentials(target);
  throw new LeftOut(target.secretsProblem ? "the secrets" : name);
};
