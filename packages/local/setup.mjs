/**
 * Makes a checkout ready to start (`prestart`) or to test (`pretest`, with --tests): installs and builds what
 * is missing or older than its sources, and says what it does. Node's built-ins only: it runs before anything
 * is installed, on whatever Node (≥ 20) runs npm.
 */
import { ensureChromium } from "./setup/chromium.mjs";
import { installSstPlatform } from "./setup/infra.mjs";
import { withSetupLock } from "./setup/lock.mjs";
import { installProject, installTemplate } from "./setup/packages.mjs";
import { SetupError } from "./setup/say.mjs";
import { buildWeb } from "./setup/web.mjs";

const forTests = process.argv.includes("--tests");

const setUp = async () => {
  const [major] = process.versions.node.split(".").map(Number);
  if (major < 20)
    throw new SetupError(`This is Node ${process.versions.node}; Leo needs Node 20 or newer to begin.`);
  await installProject();
  await Promise.all([installTemplate(), buildWeb()]);
  if (forTests) await Promise.all([ensureChromium(), installSstPlatform()]);
};

withSetupLock(setUp).catch((error) => {
  console.error(error instanceof SetupError ? `leo: ${error.message}` : error);
  process.exitCode = 1;
});
