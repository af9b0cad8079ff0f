/** One AWS that Leo's code is run against: the local endpoints, or the emulator with a stage in it. */
import { z } from "zod";

export const Cloud = z.object({
  name: z.enum(["local", "moto"]),
  /** What a process of Leo's gets: Region, credentials, endpoints. */
  env: z.record(z.string(), z.string()),
  account: z.string(),
  cluster: z.string(),
  /** The generators' task definition family. */
  family: z.string(),
  subnets: z.array(z.string()),
  securityGroups: z.array(z.string()),
  bucket: z.string(),
  queueUrl: z.string(),
});
export type Cloud = z.infer<typeof Cloud>;

/** The variable by which `npm run prove:aws` hands the emulator's stage to the suite, as JSON. */
export const CLOUD_VARIABLE = "LEO_PROVE_AWS_CLOUD";
