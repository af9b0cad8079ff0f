/** An account in which nothing is wrong, and a machine whose Docker can build. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Reader } from "../../facts.ts";

export const healthyReader = (changes: Partial<Reader> = {}): Reader => ({
  account: () => Promise.resolve("111122223333"),
  owner: () => Promise.resolve({ owner: "nobody" }),
  vpcs: () => Promise.resolve({ count: 1, hasOwn: false }),
  quota: () => Promise.resolve(6),
  zones: () => Promise.resolve([]),
  certificate: () => Promise.resolve(undefined),
  image: () => Promise.resolve({ state: "found" }),
  baseRegistryProblem: () => Promise.resolve(undefined),
  close: () => undefined,
  ...changes,
});

/** Runs with a folder that has these files; each may be executed. */
export const withFiles = async <T>(
  files: Record<string, string>,
  run: (folder: string) => Promise<T>,
): Promise<T> => {
  const folder = await mkdtemp(path.join(tmpdir(), "leo-preflight-"));
  try {
    for (const [name, text] of Object.entries(files))
      await writeFile(path.join(folder, name), text, { mode: 0o755 });
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** Runs with a `docker` that is this shell script, in front of everything else on the path. */
export const withDocker = <T>(script: string, run: (env: { PATH: string }) => Promise<T>): Promise<T> =>
  withFiles({ docker: `#!/bin/sh\n${script}\n` }, (folder) => run({ PATH: `${folder}:/usr/bin:/bin` }));

/** What Docker prints when a builder for these platforms is asked about. */
export const builderFor = (platforms: string, driver = "docker-container") =>
  `cat <<'END'
Name:          desk
Driver:        ${driver}

Nodes:
Name:      desk0
Status:    running
Platforms: ${platforms}
END`;
