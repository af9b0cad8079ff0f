import { Pool } from "pg";

/**
 * Runs with a pool whose connections are closed when this resolves. `pool.end()` does not wait for that: a
 * database that is dropped right after it ends connections which still close, and what they say of it is an
 * error that nobody handles.
 */
export const withPool = async <T>(
  databaseUrl: string,
  max: number,
  run: (pool: Pool) => Promise<T>,
): Promise<T> => {
  const pool = new Pool({ connectionString: databaseUrl, max });
  const closed: Promise<void>[] = [];
  pool.on("connect", (client) => closed.push(new Promise((resolve) => client.once("end", resolve))));
  try {
    return await run(pool);
  } finally {
    await pool.end();
    await Promise.all(closed);
  }
};
