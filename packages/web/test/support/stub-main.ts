/** `node test/support/stub-main.ts [port]`: the stub for looking at pages; every request is built within seconds. */
import { setTimeout as delay } from "node:timers/promises";
import type { Generation } from "@leo/core/generation.ts";
import { FILES, FINISH, START, WORK } from "./scenario.ts";
import { Stub } from "./stub.ts";

const stub = new Stub({ port: Number(process.argv[2] ?? 5400) });

const play = async ({ id }: Generation) => {
  for (const fact of [...START, ...WORK, ...FINISH]) {
    await delay(60);
    stub.emit(id, fact);
  }
  stub.versions.set(id, { files: { ...FILES }, checks: [] });
};
stub.onGeneration = (generation) => void play(generation);

await stub.start();
console.log(stub.url);
