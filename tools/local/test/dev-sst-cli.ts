/** SST's own CLI, with a stand-in for the part of it that deploys. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { STDIO, withChild, type Program, type Stage } from "./dev-helpers.ts";

export interface SstCli extends Program {
  /** What SST's main process does after a deploy that changed what the command gets. */
  deployed: (changes: Record<string, string>) => void;
}

/**
 * SST's own CLI as it runs a component's command in `sst dev`, in a checkout and from a person's shell that
 * has AWS keys of its own. Its main process, which deploys first, is stood in for: it hands over the command,
 * its environment, and word of each deploy.
 */
export const withSstCli = async (
  { shell, fromSst, stage }: Stage,
  checkout: string,
  work: (sst: SstCli) => Promise<void>,
): Promise<void> => {
  let env = fromSst;
  const listeners = new Set<ServerResponse>();
  const event = `${JSON.stringify({ type: "project.CompleteEvent", event: {} })}\n`;
  const main = createServer((message, response) => {
    if (message.url === "/stream") {
      response.writeHead(200, { "content-type": "application/x-ndjson" }).write(event);
      listeners.add(response);
      return;
    }
    const isKnown = message.url === "/api/env?name=OrchestratorDev";
    const answer = { env, command: "node tools/local/src/dev.ts" };
    response.writeHead(isKnown ? 200 : 404).end(JSON.stringify(answer));
  });
  main.listen(0, "127.0.0.1");
  await once(main, "listening");
  const child = spawn(path.join(checkout, "node_modules/.bin/sst"), ["dev", "--stage", stage], {
    cwd: checkout,
    detached: true,
    stdio: [...STDIO],
    env: {
      PATH: process.env.PATH,
      TMPDIR: tmpdir(),
      ...shell,
      AWS_ACCESS_KEY_ID: "AKIADEVELOPER",
      AWS_SECRET_ACCESS_KEY: "own",
      SST_SERVER: `http://127.0.0.1:${(main.address() as AddressInfo).port}`,
      SST_CHILD: "OrchestratorDev",
      SST_NO_BUN: "1",
      SST_SKIP_DEPENDENCY_CHECK: "1",
      SST_TELEMETRY_DISABLED: "1",
    },
  });
  const deployed = (changes: Record<string, string>) => {
    env = { ...env, ...changes };
    for (const listener of listeners) listener.write(event);
  };
  try {
    await withChild(child, (program) => work({ ...program, deployed }));
  } finally {
    main.close();
    main.closeAllConnections();
  }
};
