/**
 * What preflight reads before a deploy, as an interface: AWS's SDK stands behind it, and in tests and under
 * `npm run graph` a stand-in that touches no network.
 */

/** Something with a name that only one resource can have. */
export type NamedKind =
  | "secret"
  | "ECR repository"
  | "log group"
  | "bucket"
  | "IAM role"
  | "queue"
  | "ECS cluster"
  | "ECS service"
  | "SNS topic"
  | "Lambda function"
  | "EventBridge rule"
  | "budget";

export interface Named {
  kind: NamedKind;
  name: string;
}

/** Who has a name; `by` is known for a CloudFormation stack and for another SST app or stage. */
export type Owner =
  | { owner: "nobody" | "stage" }
  | { owner: "other"; by?: string }
  | { owner: "deletion"; until: Date | undefined };

export interface Zone {
  /** Without the final dot. */
  name: string;
  id: string;
  isPrivate: boolean;
}

export interface Certificate {
  status: string;
  names: string[];
}

export interface Quota {
  serviceCode: string;
  quotaCode: string;
}

/** Whether a task could pull an image. */
export type ImageState =
  | {
      state: "found";
      /** Such as linux/arm64; undefined when the registry does not say. */ platforms?: string[];
    }
  | { state: "missing" }
  | { state: "private" }
  | { state: "unreachable"; registry: string; reason: string };

/** Every read rejects with a NotReadable when it gets no answer. */
export interface Reader {
  /** @throws what AWS's SDK throws, so that the sentence can name the profile */
  account(): Promise<string>;
  owner(named: Named): Promise<Owner>;
  vpcs(): Promise<{ count: number; /** One of them is this stage's. */ hasOwn: boolean }>;
  quota(quota: Quota): Promise<number>;
  /** In the order in which AWS lists them, which is SST's. */
  zones(): Promise<Zone[]>;
  /** Undefined when there is none of this ARN. */
  certificate(arn: string): Promise<Certificate | undefined>;
  image(reference: string): Promise<ImageState>;
  /** Why the registry of the base images can't be reached, if it cannot. */
  baseRegistryProblem(): Promise<string | undefined>;
  close(): void;
}

/** A read without an answer: the action is not allowed, or AWS did not answer in time. */
export class NotReadable extends Error {
  override name = "NotReadable";
  /** As IAM calls it, such as `ecr:DescribeRepositories`. */
  readonly action: string;
  readonly isDenied: boolean;
  constructor(action: string, isDenied: boolean, reason: string) {
    super(reason);
    this.action = action;
    this.isDenied = isDenied;
  }
}
