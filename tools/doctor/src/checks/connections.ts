import type { Client } from "pg";
import { neededConnections, tasksDuringDeploy } from "../../../../infra/scaling.ts";
import type { Stage } from "../../../../infra/stage.ts";
import type { Check } from "../check.ts";
import { failure, type Finding, LeftOut, ok, warning, WORKING_DATABASE } from "../finding.ts";
import { NoDatabase, openConnection, withDatabase } from "../database.ts";
import { measureRoom, type Room } from "../room.ts";
import { secretOf, type Target } from "../target.ts";

/** The first connection has shown that the database answers, so a pooler that keeps others waiting is full. */
const CONNECT_MS = 2_000;
const ADVICE =
  "Raise the pool size in Supabase (Database, Connection pooling) and LEO_DATABASE_POOLER_SIZE, or lower LEO_DATABASE_CONNECTIONS or LEO_ORCHESTRATORS.";

/** Connections that orchestrators have open now. */
const countInUse = async (client: Client): Promise<number> => {
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and application_name in ('leo-orchestrator', 'leo-listener')`,
  );
  return rows[0]?.count ?? 0;
};

/** @param free with the connection that counted those in use */
const judge = (stage: Stage, inUse: number, { free, isAll }: Room): Finding => {
  const { running, duringDeploy } = neededConnections(stage.scaling, stage.databaseConnections);
  const most = `${stage.scaling.max} with ${stage.databaseConnections} each need ${running}, and ${tasksDuringDeploy(stage.scaling)} during a deploy need ${duringDeploy}`;
  const given = inUse + free;
  const there = inUse > 0 ? `${given} (${inUse} of them in use by Leo)` : String(given);
  if (given >= duringDeploy) {
    const rest = isAll && given === duringDeploy ? "; a deploy leaves none for anybody else" : "";
    return ok(`room for the orchestrators: ${most}${rest}`);
  }
  if (!isAll) {
    return warning(
      `at least ${there} connections; ${most}`,
      "The doctor opens no more than that. Compare it with the pool size in Supabase (Database, Connection pooling).",
    );
  }
  if (given < running) return failure(`it offers ${there} connections; orchestrators: ${most}`, ADVICE);
  return warning(`it offers ${there} connections, too few for a deploy; orchestrators: ${most}`, ADVICE);
};

const look = async (target: Target, stage: Stage, first: Client): Promise<Finding[]> => {
  const inUse = await countInUse(first);
  const { duringDeploy } = neededConnections(stage.scaling, stage.databaseConnections);
  const url = secretOf(target, "DatabaseUrl");
  // The first connection is one of them, and one more shows that there's room to spare.
  const room = await measureRoom(Math.max(0, duringDeploy - inUse), () => openConnection(url, CONNECT_MS));
  return [judge(stage, inUse, { ...room, free: room.free + 1 })];
};

/** How many connections the database really offers, counted by opening them, against what orchestrators need. */
export const connectionsCheck: Check = {
  name: "connections",
  run: async (target) => {
    const { stage } = target;
    if (!stage) throw new LeftOut("a stage");
    try {
      return await withDatabase(target, (client) => look(target, stage, client));
    } catch (error) {
      if (!(error instanceof NoDatabase)) throw error;
      throw new LeftOut(WORKING_DATABASE, { cause: error });
    }
  },
};
