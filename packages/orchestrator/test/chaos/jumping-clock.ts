/** Loaded before an orchestrator: its wall clock jumps at each SIGUSR2, an hour ahead, an hour behind, and back. */
const SHIFTS_MS = [0, 3_600_000, -3_600_000];
const RealDate = Date;
let jumps = 0;
const nowMs = () => RealDate.now() + (SHIFTS_MS[jumps % SHIFTS_MS.length] ?? 0);

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given: unknown[], newTarget) =>
    Reflect.construct(target, given.length === 0 ? [nowMs()] : given, newTarget) as Date,
  get: (target, name) => (name === "now" ? nowMs : (Reflect.get(target, name) as unknown)),
});
process.on("SIGUSR2", () => {
  jumps += 1;
  process.stderr.write(`jump ${jumps}: ${new Date().toISOString()}\n`);
});
