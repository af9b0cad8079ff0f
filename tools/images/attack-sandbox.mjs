/**
 * What an agent that has gone over to the other side tries against the driver of its task. Runs in the sandbox,
 * as the sandbox's user: prove-sandbox.sh starts it. Prints each attempt; ends with 1 if one of them worked.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";

const [driverPid = "", sandboxPort = "", gatewayPort = ""] = process.argv.slice(2);
// What it looks for. By stdin, so that it does not find its own arguments.
const secrets = readFileSync(0, "utf8").trim().split(" ");
let worked = 0;

/** @param {string} what @param {() => unknown} act what it gives, or throws when it fails */
const attempt = async (what, act) => {
  try {
    const got = await act();
    worked += 1;
    console.log(`WORKED  ${what}: ${JSON.stringify(got)?.slice(0, 200)}`);
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    console.log(`failed  ${what}: ${code ?? message}`);
  }
};

const open = (/** @type {number} */ port) =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => resolve(`port ${port} is open`));
    socket.once("error", reject);
  });

const readable = () =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [
          {
            pid,
            text:
              readFileSync(`/proc/${pid}/environ`, "latin1") + readFileSync(`/proc/${pid}/cmdline`, "latin1"),
          },
        ];
      } catch {
        return [];
      }
    });

const ask = (/** @type {string} */ path) =>
  new Promise((resolve, reject) => {
    const asked = request({ port: gatewayPort, host: "127.0.0.1", path }, (answer) => {
      let text = JSON.stringify(answer.headers);
      answer.on("data", (chunk) => (text += chunk));
      answer.on("end", () => resolve(text));
    });
    asked.once("error", reject).end();
  });

const none = (/** @type {unknown} */ found) => {
  if (found === undefined) throw new Error("nothing found");
  return found;
};

for (const signal of ["SIGUSR1", "SIGTERM", "SIGKILL"])
  await attempt(`${signal} to the driver`, () => process.kill(Number(driverPid), signal));
for (const file of ["environ", "mem", "maps", "cmdline", "auxv"])
  await attempt(`read /proc/${driverPid}/${file}`, () => readFileSync(`/proc/${driverPid}/${file}`).length);
await attempt(`list /proc/${driverPid}/fd`, () => readdirSync(`/proc/${driverPid}/fd`));
await attempt(`follow /proc/${driverPid}/root`, () => readlinkSync(`/proc/${driverPid}/root`));
await attempt("find the driver among the processes", () =>
  none(readable().find(({ text }) => text.includes("dist/main.js"))?.pid),
);
await attempt("find a secret in any process's environment or arguments", () =>
  none(readable().find(({ text }) => secrets.some((secret) => text.includes(secret)))?.pid),
);
await attempt("ptrace the driver", () =>
  execFileSync(
    "python3",
    [
      "-c",
      `import ctypes,os,sys
libc=ctypes.CDLL(None,use_errno=True)
sys.exit(0 if libc.ptrace(16,${Number(driverPid)},0,0)==0 else os.strerror(ctypes.get_errno()))`,
    ],
    { stdio: "pipe" },
  ).toString(),
);
await attempt("Node's inspector of the driver", () => open(9229));
await attempt("a second client of the sandbox's host", () => open(Number(sandboxPort)));
for (const path of ["/", "/health", "/usage", "/model", "/env", "/v1/messages"])
  await attempt(`a secret in the gateway's answer to GET ${path}`, async () => {
    const text = String(await ask(path));
    return none(secrets.find((secret) => text.includes(secret)));
  });
console.log(worked === 0 ? "All attempts failed." : `${worked} attempts worked.`);
process.exitCode = worked === 0 ? 0 : 1;
