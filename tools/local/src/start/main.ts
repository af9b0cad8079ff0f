/** All of Leo on this machine, one URL; ends everything on Ctrl-C. */
import { Guardian } from "../processes/guardian.ts";
import { readCommand } from "../../../command.ts";
import { StartError } from "../start-error.ts";
import { diskFaults, explainDisk, prepareDataDir } from "./data-dir.ts";
import { startLocalCloud, type LocalCloud } from "./local-cloud.ts";
import { watchNpm } from "./parent-watch.ts";
import { refuseTakenPort } from "./public-port.ts";
import { refuseSecondRun, removeRunFile, writeRunFile } from "./run-file.ts";
import { readSettings, START, type StartSettings } from "./settings.ts";

/** After this the guardian ends what is left; with it, all is over within 5 s on a busy machine too. */
const STOP_MS = 3_300;

/** How soon the run file is written again for which the disk had no room. */
const NOTE_AGAIN_MS = 5_000;

const say = (sentence: string): void => console.log(sentence);

const fail = (error: unknown, dataDir: string): void => {
  const known = explainDisk(error, dataDir);
  if (known instanceof StartError) console.error(`\n${known.message}\n`);
  if (!(known instanceof StartError)) console.error(known);
};

const modelLine = ({ credential, modelBaseUrl }: StartSettings): string =>
  credential
    ? `${modelBaseUrl ?? "Claude"}, with the ${credential.name} of this shell`
    : "Demo model (leo-mock). Set CLAUDE_CODE_OAUTH_TOKEN to use Claude.";

const welcome = (url: string, settings: StartSettings, localPassword: string): string =>
  [
    "",
    `  Leo is ready:  ${url}`,
    "",
    `  Users  dev@leo.local and other@leo.local, password ${localPassword}`,
    `  Model  ${modelLine(settings)}`,
    `  Data   ${settings.dataDir} ("npm start -- --fresh" starts over)`,
    `  Stop   Ctrl-C`,
    "",
  ].join("\n");

const main = async (settings: StartSettings): Promise<number> => {
  const { dataDir, logDir, port, publicUrl: url, fresh, workDir } = settings;
  await refuseSecondRun(dataDir);
  await refuseTakenPort(port);
  await prepareDataDir(dataDir, logDir, fresh);
  await writeRunFile(dataDir, { url, endpoints: {}, pids: {} });
  const diskFailed = diskFaults(dataDir, say);

  const guardian = new Guardian(workDir);
  const asked = Promise.withResolvers<number>();
  let times = 0;
  const ask = () => {
    times += 1;
    if (times === 1) say("\nStopping …");
    asked.resolve(0);
    // Asked twice, or still starting: no patience, the guardian ends what there is.
    if (times > 1) void guardian.endAll().then(() => process.exit(0));
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, ask);
  const stopWatching = await watchNpm(ask);

  // What runs in this process too, S3 for instance, meets a full disk wherever it writes.
  const crash = async (error: Error) => {
    fail(error, dataDir);
    await guardian.endAll();
    process.exit(1);
  };
  process.on("uncaughtException", (error) => {
    if (!diskFailed(error)) void crash(error);
  });

  const ending = new AbortController();
  let running: LocalCloud | undefined;
  let writing = Promise.resolve();
  const noteChildren = () => {
    const write = async () => {
      if (running) await writeRunFile(dataDir, { url, endpoints: running.endpoints, pids: running.pids() });
    };
    // One after the other: the newest is the last.
    writing = writing.then(write).catch((error: unknown) => {
      if (!diskFailed(error)) throw error;
      setTimeout(noteChildren, NOTE_AGAIN_MS).unref();
    });
  };
  try {
    const starting = startLocalCloud({
      settings,
      guardian,
      runEnds: ending.signal,
      say,
      childrenChanged: noteChildren,
      diskFailed,
    });
    const cloud = await Promise.race([starting, asked.promise]);
    if (typeof cloud === "number") return cloud;
    running = cloud;
    noteChildren();
    await writing;
    say(welcome(url, settings, cloud.localPassword));
    const exitCode = await asked.promise;
    running = undefined;
    await writing;
    await Promise.race([cloud.stop(), new Promise((resolve) => setTimeout(resolve, STOP_MS).unref())]);
    return exitCode;
  } finally {
    ending.abort();
    stopWatching();
    await guardian.endAll();
    await removeRunFile(dataDir);
  }
};

/** Runs until asked to stop. Returns the exit code. */
export const run = async (): Promise<number> => {
  let dataDir = ".leo";
  try {
    const settings = readSettings(readCommand(START), process.env);
    ({ dataDir } = settings);
    return await main(settings);
  } catch (error) {
    fail(error, dataDir);
    return 1;
  }
};
