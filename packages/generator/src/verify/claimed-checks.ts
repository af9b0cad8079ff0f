/** The checks from the driver's side. The sandbox runs them, so their results are only a claim. */
import type { Check } from "@leo/core/artifact.ts";
import type { PreviewConditions } from "@leo/core/preview/conditions.ts";
import { ProtocolError } from "../sandbox/wire.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";

export interface Verification {
  passed: boolean;
  checks: Check[];
  /** PNG. */
  screenshot: Buffer | undefined;
}

/** An incompressible page of 1,280 × 800 pixels has 4 MB. */
const SCREENSHOT_MAX_BYTES = 8 * 1024 * 1024;
const NAMES: Check["name"][] = ["install", "typecheck", "build", "smoke"];

const readPicture = async (stream: AsyncIterable<Buffer>): Promise<Buffer | undefined> => {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of stream) {
    sizeBytes += part.length;
    if (sizeBytes > SCREENSHOT_MAX_BYTES) throw new ProtocolError("the screenshot is too large");
    parts.push(part);
  }
  return sizeBytes === 0 ? undefined : Buffer.concat(parts);
};

/**
 * Has the app checked: install if its dependencies changed, type check, build, load in a browser.
 * @throws ProtocolError if the sandbox doesn't report every check once
 */
export const verify = async (
  sandbox: Pick<Sandbox, "call">,
  preview: PreviewConditions,
  signal: AbortSignal,
): Promise<Verification> => {
  let picture: Promise<Buffer | undefined> = Promise.resolve(undefined);
  const asked = sandbox.call(
    { operation: "verify", preview },
    {
      signal,
      output: (stream) => {
        picture = readPicture(stream);
        picture.catch(() => undefined);
      },
    },
  );
  const { checks } = await asked;
  const screenshot = await picture;
  if (checks.map(({ name }) => name).join() !== NAMES.join())
    throw new ProtocolError("the sandbox left out a check, or said one twice");
  return { passed: checks.every(({ result }) => result !== "failed"), checks, screenshot };
};
