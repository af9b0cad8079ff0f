import type { Certificate, ImageState, Zone } from "../../preflight/facts.ts";

/** A stage's resource graph, as Pulumi would be asked to create it. */
export interface Resource {
  /** Pulumi's type, such as `aws:ecs/service:Service`. */
  type: string;
  /** Logical name, unique per type. */
  name: string;
  /** Logical name of the component that created it. */
  parent?: string;
  /**
   * Pulumi's options that determine what a deploy or a removal does; `import` is the id of an existing resource
   * that's adopted instead of created.
   */
  options: { ignoreChanges: string[]; retainOnDelete: boolean; import?: string };
  /** Logical names of dependencies, whether declared as an option or read as a value. */
  dependencies: string[];
  /** Secret values are under `{ secret: value }`. */
  inputs: Record<string, unknown>;
  /** What AWS would have returned: its `id`, and what other resources read from it, such as its `arn`. */
  attributes: Record<string, unknown>;
}

/** What `sst dev` starts on the developer's machine. */
export interface DevCommand {
  title: string;
  command: string;
  directory: string;
  autostart: boolean;
  /** Names of linked resources: each becomes `SST_RESOURCE_{name}`. */
  links: string[];
  /** The role whose credentials SST gives it. */
  role: string;
  environment: Record<string, string>;
}

export interface Graph {
  resources: Resource[];
  /** What SST's CLI would start; only `sst dev` does. */
  commands: DevCommand[];
  /** Tokens of the data sources that were read, such as `aws:index/getRegion:getRegion`, without duplicates. */
  dataSources: string[];
  outputs: Record<string, unknown>;
  /** Lines that the program printed for the deployer. */
  printed: string[];
}

/** Why a stage was rejected before anything was registered. */
export interface Refusal {
  refused: string;
  /** How many resources had been registered by then. */
  registered: number;
}

/** What preflight finds in the account; by default an empty account with every hosted zone. */
export interface AccountFacts {
  /** `{kind} {name}` → who has it: the stage, deletion, or another owner's description. */
  owners?: Record<string, string>;
  vpcs?: { count: number; hasOwn: boolean };
  vpcQuota?: number;
  zones?: Zone[];
  certificate?: Certificate;
  images?: Record<string, ImageState>;
  baseRegistryProblem?: string;
  /** Actions that the credentials may not call. */
  denied?: string[];
  /** What AWS says about expired credentials. */
  credentialsError?: string;
}

/** Input for a run of the program. */
export interface ProgramInput {
  stage: string;
  dev: boolean;
  root: string;
  workFolder: string;
  accountId: string;
  region: string;
  vcpuQuota: number;
  account: AccountFacts;
  /** Names that no earlier stack left behind. */
  absent: string[];
}
