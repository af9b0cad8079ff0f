/** What is being looked at: a stage on AWS or this machine, with every address that a check calls. */
import type { AnySecretName, SecretName } from "../../../infra/secret-list.ts";
import type { Stage } from "../../../infra/stage.ts";
import { AWS_CREDENTIALS, type Finding, LeftOut } from "./finding.ts";

export type SecretValues = Partial<Record<AnySecretName, string>>;

/** What every AWS client is made with; endpoints come from the SDK's own `AWS_ENDPOINT_URL…` variables. */
export interface AwsConfig {
  region: string;
  endpoint?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
  maxAttempts: number;
  requestHandler: { connectionTimeout: number; requestTimeout: number };
}

export interface Target {
  /** As it is called in sentences: `this machine`, `stage prod`. */
  name: string;
  env: Record<string, string | undefined>;
  aws: AwsConfig;
  s3ForcePathStyle: boolean;
  /** Whose credentials these are; absent when they do not work. */
  identity?: { account: string; arn: string };
  /** Why they do not work. */
  identityProblem?: Finding;
  /** Settings of the stage; absent on this machine. */
  stage?: Stage;
  /** What a deploy would use, or what the local cloud uses. */
  secrets: SecretValues;
  /** Why the secrets could not be read. */
  secretsProblem?: Finding;
  /** What the running tasks got; absent when nothing is deployed. */
  runningSecrets?: SecretValues;
  /** Why that could not be read. */
  runningSecretsProblem?: Finding;
  /** Something runs there: what it lacks now is a failure, and not just something still to be made. */
  isUp: boolean;
  /** Nobody could say what is deployed. */
  isUpUnknown?: boolean;
  bucket?: string;
  queue?: { name: string; deadName?: string };
  /** Where Leo answers. */
  publicUrl?: string;
  /** Where TLS is expected: the site's host, and a port other than 443 in tests. */
  tls?: { host: string; previewDomain: string; port: number; connectTo?: string; ca?: string };
  modelUrl: string;
  /** Another endpoint than Anthropic's, which `npm start` would use. It may know no more than the Messages API. */
  modelEndpoint?: string;
  githubUrl: string;
  /** A server whose clock is right. */
  clockUrl: string;
  dataDir: string;
  port: number;
}

/** @throws LeftOut when the credentials do not work */
export const needCredentials = ({ identity }: Target): void => {
  if (!identity) throw new LeftOut(AWS_CREDENTIALS);
};

/** A secret's value. @throws LeftOut when there is none, or nobody could read it */
export const secretOf = (target: Target, name: SecretName): string => {
  const value = target.secrets[name];
  if (value) return value;
  needCredentials(target);
  throw new LeftOut(target.secretsProblem ? "the secrets" : name);
};
