/** The checks of this machine and of a stage, in the order of the report. */
import type { Check } from "./check.ts";
import { addressesCheck } from "./checks/addresses.ts";
import { bansCheck } from "./checks/bans.ts";
import { bucketCheck } from "./checks/bucket.ts";
import { certificateCheck } from "./checks/certificate.ts";
import { claudeCheck } from "./checks/claude.ts";
import { clockCheck } from "./checks/clock.ts";
import { credentialsCheck } from "./checks/credentials.ts";
import { connectionsCheck } from "./checks/connections.ts";
import { databaseCheck } from "./checks/database.ts";
import { githubCheck } from "./checks/github.ts";
import { machineCheck } from "./checks/machine.ts";
import { migrationsCheck } from "./checks/migrations.ts";
import { nodeCheck } from "./checks/node.ts";
import { previewsCheck } from "./checks/previews.ts";
import { queueCheck } from "./checks/queue.ts";
import { quotaCheck } from "./checks/quota.ts";
import { regionCheck } from "./checks/region.ts";
import { rolesCheck } from "./checks/roles.ts";
import { secretsCheck } from "./checks/secrets.ts";
import { siteCheck } from "./checks/site.ts";
import { supabaseCheck } from "./checks/supabase.ts";

/** The local cloud's parts, once they run. */
const LOCAL_CLOUD: Check[] = [
  supabaseCheck,
  databaseCheck,
  migrationsCheck(),
  rolesCheck(),
  bucketCheck,
  queueCheck,
];

export const localChecks = (isUp: boolean): Check[] => [
  nodeCheck(),
  machineCheck,
  siteCheck,
  ...(isUp ? LOCAL_CLOUD : []),
  claudeCheck,
  githubCheck(),
];

export const STAGE_CHECKS: Check[] = [
  nodeCheck(),
  credentialsCheck,
  regionCheck,
  quotaCheck,
  secretsCheck,
  supabaseCheck,
  databaseCheck,
  connectionsCheck,
  migrationsCheck(),
  rolesCheck(),
  bansCheck,
  addressesCheck(),
  bucketCheck,
  queueCheck,
  claudeCheck,
  githubCheck(),
  certificateCheck(),
  previewsCheck,
  siteCheck,
  clockCheck(),
];
