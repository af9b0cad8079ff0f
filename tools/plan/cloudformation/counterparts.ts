/** The CloudFormation counterpart of each type of AWS resource that a stage may have. */
import { compute } from "./types/compute.ts";
import { network } from "./types/network.ts";
import { observability } from "./types/observability.ts";
import { storage } from "./types/storage.ts";
import type { Absent, Counterpart, Part } from "./types/counterpart.ts";

export const COUNTERPARTS: Record<string, Counterpart | Part | Absent> = {
  ...network,
  ...compute,
  ...storage,
  ...observability,
};
