/** Calls of AWS's SDK with one deadline, one set of credentials, and errors that name the action. */
import { awsProblem, reasonOf } from "@leo/core/explain.ts";
import type { Environment } from "../environment/env-files.ts";
import { NotReadable } from "./facts.ts";

const CONNECT_MS = 2_500;
const REQUEST_MS = 4_000;

interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

interface ClientConfig {
  region: string;
  credentials?: Credentials;
  maxAttempts: number;
  requestHandler: { connectionTimeout: number; requestTimeout: number };
  /** These two are S3's; the other clients ignore them. */
  followRegionRedirects: boolean;
  forcePathStyle: boolean;
}

interface Abort {
  abortSignal: AbortSignal;
}

/** The credentials that SST found, when it runs us; undefined leaves the search to the SDK. */
const sstCredentials = (env: Environment): Credentials | undefined => {
  const { SST_AWS_ACCESS_KEY_ID, SST_AWS_SECRET_ACCESS_KEY, SST_AWS_SESSION_TOKEN } = env;
  if (!SST_AWS_ACCESS_KEY_ID || !SST_AWS_SECRET_ACCESS_KEY) return undefined;
  return {
    accessKeyId: SST_AWS_ACCESS_KEY_ID,
    secretAccessKey: SST_AWS_SECRET_ACCESS_KEY,
    ...(SST_AWS_SESSION_TOKEN && { sessionToken: SST_AWS_SESSION_TOKEN }),
  };
};

/** Makes the clients of one preflight. Their endpoints are AWS's, or those of `AWS_ENDPOINT_URL…`. */
export const awsCalls = (region: string, env: Environment, abortSignal: AbortSignal) => {
  const clients = new Map<unknown, { destroy(): void }>();
  const credentials = sstCredentials(env);
  const config = (inRegion: string): ClientConfig => ({
    region: inRegion,
    ...(credentials && { credentials }),
    maxAttempts: 2,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: REQUEST_MS },
    followRegionRedirects: true,
    forcePathStyle: Boolean(env.AWS_ENDPOINT_URL ?? env.AWS_ENDPOINT_URL_S3),
  });

  return {
    /** One client per class; another Region makes a new one. */
    client: <C extends { destroy(): void }>(Class: new (config: ClientConfig) => C, inRegion = region): C => {
      const known = clients.get(Class);
      if (known && inRegion === region) return known as C;
      const made = new Class(config(inRegion));
      clients.set(inRegion === region ? Class : made, made);
      return made;
    },

    /**
     * @param action as IAM calls it
     * @throws NotReadable, or AWS's own error when what was asked for does not exist
     */
    ask: async <T>(action: string, call: (abort: Abort) => Promise<T>): Promise<T> => {
      try {
        return await call({ abortSignal });
      } catch (error) {
        const problem = awsProblem(error);
        if (problem === "missing") throw error;
        const isDenied = problem === "denied";
        throw new NotReadable(action, isDenied, isDenied ? "it is not allowed" : reasonOf(error));
      }
    },

    abortSignal,

    close: () => {
      for (const client of clients.values()) client.destroy();
    },
  };
};

export type AwsCalls = ReturnType<typeof awsCalls>;
