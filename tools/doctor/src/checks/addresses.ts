import { lookup } from "node:dns/promises";
import type { Check } from "../check.ts";
import { failure, type Finding, ok, warning } from "../finding.ts";
import { reasonOf } from "@leo/core/explain.ts";
import { needCredentials, type Target } from "../target.ts";

/** All addresses of a name; injected in tests. */
export type Resolve = (host: string) => Promise<{ family: number }[]>;

const hostOf = (url: string | undefined) =>
  url && URL.canParse(url) ? new URL(url).hostname.replaceAll(/^\[|\]$/g, "") : undefined;

const hostsOf = ({ secrets, modelUrl }: Target): string[] => [
  ...new Set([secrets.DatabaseUrl, secrets.SupabaseUrl, modelUrl].flatMap((url) => hostOf(url) ?? [])),
];

const findingOf = async (host: string, resolve: Resolve): Promise<Finding> => {
  try {
    const families = new Set((await resolve(host)).map(({ family }) => family));
    if (families.has(4)) return ok(`${host} has IPv4${families.has(6) ? " and IPv6" : ""}`);
    return failure(
      `${host} only has IPv6, and Leo's network on AWS has no IPv6`,
      "For the database, use the session pooler.",
    );
  } catch (error) {
    return warning(`${host}: ${reasonOf(error)}`, "Check the name and this machine's DNS.");
  }
};

/** Whether everything Leo calls has IPv4, the only kind of address that its network on AWS has. */
export const addressesCheck = (resolve: Resolve = (host) => lookup(host, { all: true })): Check => ({
  name: "addresses",
  run: async (target) => {
    // Without them the most important addresses, those in the secrets, are unknown.
    needCredentials(target);
    return Promise.all(hostsOf(target).map((host) => findingOf(host, resolve)));
  },
});
