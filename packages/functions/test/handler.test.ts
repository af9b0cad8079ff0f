import { expect, test, vi } from "vitest";
import { withEcs } from "@leo/local/testing/ecs.ts";

/** The Lambda as AWS loads it: settings and credentials from the environment. */
const withHandler = (
  environment: Record<string, string>,
  run: (handle: (event: unknown) => Promise<unknown>) => Promise<void>,
) =>
  withEcs({ functions: {} }, async (ecs) => {
    const { accessKeyId, secretAccessKey } = ecs.clientConfig.credentials;
    const all = {
      ...ecs.env,
      AWS_REGION: ecs.region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      ...environment,
    };
    for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
    vi.resetModules();
    try {
      const { handler } = await import("../src/reaper.ts");
      await run(handler);
    } finally {
      vi.unstubAllEnvs();
    }
  });

test("the handler reads its cluster and family from the environment and reports", () =>
  withHandler({ LEO_CLUSTER: "leo-local", LEO_GENERATOR_FAMILY: "leo" }, async (handle) => {
    expect(await handle({})).toEqual({ seen: 0, overdue: [], failed: [] });
    expect(await handle({ dryRun: true })).toEqual({ seen: 0, overdue: [], failed: [] });
  }));

test("missing settings are all named", () =>
  withHandler({ LEO_CLUSTER: "", LEO_GENERATOR_FAMILY: "" }, async (handle) => {
    await expect(handle({})).rejects.toThrow(/LEO_CLUSTER: is not set\n.*LEO_GENERATOR_FAMILY: is not set/);
  }));

test("an event that makes no sense stops nothing", () =>
  withHandler({ LEO_CLUSTER: "leo-local", LEO_GENERATOR_FAMILY: "leo" }, async (handle) => {
    await expect(handle({ dryRun: "perhaps" })).rejects.toThrow(/dryRun/);
  }));

test("a deploy's own calls stop nothing while a stage is made, and everything when it is removed", () =>
  withHandler({ LEO_CLUSTER: "leo-local", LEO_GENERATOR_FAMILY: "leo" }, async (handle) => {
    expect(await handle({ tf: { action: "create" } })).toEqual({ action: "create" });
    expect(await handle({ tf: { action: "update", prev_input: {} } })).toEqual({ action: "update" });
    expect(await handle({ tf: { action: "delete", prev_input: {} } })).toEqual({ stopped: [], stopping: 0 });
  }));
