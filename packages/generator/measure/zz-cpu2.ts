// not committed
import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { newId } from "@leo/core/id.ts";
import { startModelServer } from "@leo/mock/model-server/start.ts";
import { startOrchestrator } from "../test/support/orchestrator.ts";

const RUNS = Number(process.argv[2] ?? 10);
const dist = join(import.meta.dirname, "..", process.env.DIST ?? "dist");
const COMPILED = process.env.CACHE ?? join(import.meta.dirname, "../../../node_modules/.cache/leo/compiled");
const START = process.env.START_SCRIPT ? ["/bin/bash", join(import.meta.dirname, "..", process.env.START_SCRIPT), process.execPath, join(dist, "main.js")] : [process.execPath, join(dist, "main.js")];
const extra = (process.env.NODE_ARGS ?? "").split(" ").filter(Boolean);
const freePort = () => new Promise<number>((res) => { const s = createServer().listen(0, "127.0.0.1", () => { const p = (s.address() as any).port; s.close(() => res(p)); }); });
const TICK = 10;
/** own CPU, all threads, children that were waited for apart: ms */
const cpuOf = (pid: number) => {
  try {
    const s = readFileSync(`/proc/${pid}/stat`, "utf8"); const f = s.slice(s.lastIndexOf(")") + 2).split(" ");
    return { own: (Number(f[11]) + Number(f[12])) * TICK, ppid: Number(f[1]), kids: (Number(f[13]) + Number(f[14])) * TICK };
  } catch { return undefined; }
};
const children = (pid: number) => { try { return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number); } catch { return []; } };
const isClaude = (pid: number) => { try { return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0]?.endsWith("/claude"); } catch { return false; } };
const findClaude = (pid: number): number | undefined => { for (const c of children(pid)) { if (isClaude(c)) return c; const d = findClaude(c); if (d) return d; } return undefined; };

const rows: Record<string, number[]> = {};
const note = (name: string, v: number) => (rows[name] ??= []).push(v);

const once = async () => {
  const root = await mkdtemp("/tmp/leo-cpu-");
  let claude: number | undefined;
  let firstRequestAt = 0; let cpuAtRequest: any = {};
  let gen: ChildProcess; let gw: ChildProcess;
  const model = await startModelServer({});
  const start: any = { type: "start_generation", generationId: newId(), appId: newId(), appName: "Test app", attempt: 1, prompt: "a todo list with dark mode", mode: "autonomous",
    limits: { deadlineAt: new Date(Date.now() + 120_000).toISOString(), budgetUsd: 5, maxTurns: 50 }, artifact: { bucket: "b", prefix: `apps/x/y/1/` } };
  const orch = await startOrchestrator(start);
  const port = await freePort();
  const opts = (env: any) => ({ env: { PATH: process.env.PATH, HOME: root, TMPDIR: root, ...env }, stdio: ["ignore", "pipe", "pipe"] as any, detached: true });
  const t0 = performance.now(); if (process.env.TRACE) console.log("TR " + (performance.timeOrigin + t0).toFixed(1) + " T0");
  gw = spawn(process.execPath, [join(dist, "gateway.js")], opts({ GATEWAY_PORT: String(port), LEO_UPSTREAM_URL: model.url, ANTHROPIC_API_KEY: "leo-mock" }));
  gen = spawn(START[0]!, [...START.slice(1, -1), ...extra, START.at(-1)!], opts({ ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`, LEO_GENERATOR_URL: orch.url, LEO_ATTEMPT_TOKEN: "leo_at_x", LEO_GENERATION_ID: start.generationId, LEO_ATTEMPT: "1", LEO_DEADLINE_AT: start.limits.deadlineAt, LEO_BUDGET_USD: "5", LEO_MAX_TURNS: "50", AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "secret-x", AWS_REGION: "us-east-1", AWS_ENDPOINT_URL: "http://127.0.0.1:9", LEO_S3_FORCE_PATH_STYLE: "true" }));
  let out = ""; gen.stdout!.on("data", (d) => (out += d)); gen.stderr!.on("data", (d) => { out += d; if (process.env.TRACE) console.log(String(d).trim()); }); gw.stderr!.on("data", (d) => { if (process.env.TRACE) console.log(String(d).trim()); }); gw.stdout!.on("data", (d) => { if (String(d).includes("listening")) note("gateway listening", performance.now() - t0); });
  const watch = setInterval(() => {
    if (!claude && gen.pid) { claude = findClaude(gen.pid); if (claude) { note("claude exec'd", performance.now() - t0); note("gen cpu at exec", cpuOf(gen.pid)?.own ?? 0); } }
    if (!firstRequestAt && model.requests.length) {
      firstRequestAt = performance.now(); if (process.env.TRACE) console.log("TR " + (performance.timeOrigin + firstRequestAt).toFixed(1) + " REQUEST"); note("first request", firstRequestAt - t0);
      note("gen cpu", cpuOf(gen.pid!)?.own ?? NaN); note("gateway cpu", cpuOf(gw.pid!)?.own ?? NaN); note("claude cpu", cpuOf(claude!)?.own ?? NaN);
    }
  }, 2);
  const ready = (async () => { while (!orch.readies.length) await new Promise((r) => setTimeout(r, 1)); note("ready", orch.firstReadyMs() - t0); })();
  const timer = setTimeout(() => { console.log(out); process.exit(1); }, 20_000);
  await orch.fact("agent_text"); if (process.env.TRACE) console.log("TR " + (performance.timeOrigin + performance.now()).toFixed(1) + " TEXT"); note("agent_text", performance.now() - t0);
  clearTimeout(timer); clearInterval(watch); await ready;
  const ended = Promise.all([gen, gw].map((c) => new Promise((r) => c.once("exit", r))));
  if (process.env.PROF) { gen.kill("SIGTERM"); gw.kill("SIGTERM"); await new Promise((r) => gen.once("exit", r)); }
  for (const c of [gen, gw]) try { process.kill(-c.pid!, "SIGKILL"); } catch {}
  await ended; await orch.close(); await model.close();
  await new Promise((r) => setTimeout(r, 300));
  await rm(root, { recursive: true, force: true });
};
await once(); for (const k of Object.keys(rows)) delete rows[k];
for (let i = 0; i < RUNS; i++) await once();
const low = (v: number[]) => { const s = v.toSorted((a, b) => a - b).slice(0, Math.ceil(v.length / 2)); return s.reduce((a, b) => a + b, 0) / s.length; };
const med = (v: number[]) => v.toSorted((a, b) => a - b)[Math.floor(v.length / 2)]!;
for (const [k, v] of Object.entries(rows)) console.log(k.padEnd(20), "median", Math.round(med(v)), "lowmean", low(v).toFixed(1), "min", Math.round(Math.min(...v)), "max", Math.round(Math.max(...v)), "n", v.length);
process.exit(0);
