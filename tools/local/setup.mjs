/**
 * Makes a checkout ready to start (`prestart`) or to test (`pretest`, with --tests): installs and builds what
 * is missing or older than its sources, and says what it does. With --dev it builds nothing, which
 * `sst dev` does by itself. With --packages it brings what the rest and
 * the checks of the code begin with: packages and a browser. Node's built-ins only: it runs before anything is
 * installed, on whatever Node (≥ 20) runs npm.
 */
import { buildGenerator, buildWeb } from "./setup/build.mjs";
import { ensureChromium } from "./setup/chromium.mjs";
import { installSstPlatform } from "./setup/infra.mjs";
import { withSetupLock } from "./setup/lock.mjs";
import { installProject, installTemplate } from "./setup/packages.mjs";
import { SetupError } from "./setup/say.mjs";

const forTests = process.argv.includes("--tests");
const forDev = process.argv.includes("--dev");
const onlyPackages = process.argv.includes("--packages");

/**
 * Waits for all, also when one has failed: nothing may go on behind the lock's back.
 * @param {Promise<void>[]} works
 */
const all = async (works) => {
  for (const result of await Promise.allSettled(works)) if (result.status === "rejected") throw result.reason;
};

const setUp = async () => {
  const [major] = process.versions.node.split(".").map(Number);
  if (major < 20)
    throw new SetupError(`This is Node ${process.versions.node}; Leo needs Node 20 or newer to begin.`);
  const packages = installProject();
  const works = [packages, installTemplate()];
  if (!onlyPackages && !forDev) works.push(packages.then(buildWeb), packages.then(buildGenerator));
  if (onlyPackages || forTests) works.push(ensureChromium(packages));
  if (forTests) works.push(packages.then(installSstPlatform));
  await all(works);
};

withSetupLock(setUp).catch((error) => {
  console.error(error instanceof SetupError ? `leo: ${error.message}` : error);
  process.exitCode = 1;
});
