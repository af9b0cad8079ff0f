import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { Logger } from "pino";
import { withBucket, type TestBucket } from "@leo/local/testing/bucket.ts";
import { newId } from "@leo/core/id.ts";
import { readConfig, type Config } from "../../src/config.ts";
import type { Context } from "../../src/app-context.ts";
import { createApi } from "../../src/api.ts";
import type { ApiParts } from "../../src/routes/parts.ts";
import { createHttpServer } from "../../src/http/server.ts";
import { openStorage } from "../../src/storage/s3.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { HIGH_LIMITS } from "./context.ts";
import { openTestDatabase } from "./database.ts";
import { withKeys, type TestKeys } from "./keys.ts";
import { withMigratedDatabase } from "./migrated.ts";

export interface Answer<T = unknown> {
  status: number;
  headers: Headers;
  body: T;
}

export interface TestApi extends TestKeys {
  url: string;
  context: Context;
  bucket: TestBucket;
  s3: S3Client;
  /** `METHOD /path` of every handler, as the router has them; middleware counts as `ALL`. */
  routes: string[];
  /** Every line logged so far. */
  logged: () => string[];
  /** Two users who know nothing of each other. */
  ann: string;
  bob: string;
  /** A JSON request; `token` null is nobody. */
  call: <T = never>(
    token: string | null,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Answer<T>>;
}

export interface ApiOptions {
  env?: Record<string, string>;
  parts?: Partial<ApiParts>;
  now?: () => Date;
  /** 0, a free one, when absent. */
  port?: number;
}

const listen = async (server: Server, port = 0) => {
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
};

const parse = (text: string, type: string | null): unknown =>
  type?.startsWith("application/json") ? JSON.parse(text) : text;

const testConfig = (databaseUrl: string, supabaseUrl: string, bucket: TestBucket, env: object): Config =>
  readConfig({
    LEO_PUBLIC_URL: "http://localhost:5013",
    LEO_PREVIEW_URL_TEMPLATE: "http://{generationId}.localhost:5013",
    LEO_GENERATOR_URL: "ws://127.0.0.1:5013/ws/generator",
    DATABASE_URL: databaseUrl,
    SUPABASE_URL: supabaseUrl,
    SUPABASE_ANON_KEY: "anon",
    LEO_BUCKET: bucket.bucket,
    LEO_CLUSTER: "test",
    LEO_GENERATOR_SUBNETS: "subnet-1",
    LEO_GENERATOR_SECURITY_GROUPS: "sg-1",
    LEO_REQUESTS_PER_MINUTE_USER: HIGH_LIMITS.LEO_REQUESTS_PER_MINUTE_USER,
    LEO_REQUESTS_PER_MINUTE_ADDRESS: HIGH_LIMITS.LEO_REQUESTS_PER_MINUTE_ADDRESS,
    LEO_REFUSED_SIGN_INS_PER_MINUTE: HIGH_LIMITS.LEO_REFUSED_SIGN_INS_PER_MINUTE,
    ...bucket.env,
    ...env,
  });

const PARTS: ApiParts = {
  health: async () => "ok",
  metrics: async () => "leo_up 1\n",
};

const logInto = (lines: string[]): Logger => createLog("debug", (line) => void lines.push(line));

/** Runs with the real API on a port of its own, over a real database, bucket and key endpoint. */
export const withApi = (run: (api: TestApi) => Promise<void>, options: ApiOptions = {}): Promise<void> =>
  withMigratedDatabase((databaseUrl) =>
    withBucket((bucket) =>
      withKeys(async (keys) => {
        Object.assign(process.env, bucket.env);
        const lines: string[] = [];
        const config = testConfig(databaseUrl, keys.supabaseUrl, bucket, options.env ?? {});
        const database = openTestDatabase(databaseUrl, config.LEO_DATABASE_CONNECTIONS - 1);
        const storage = openStorage(config);
        const now = options.now ?? (() => new Date());
        const context: Context = { config, database, storage, log: logInto(lines), now };
        const api = createApi(context, { ...PARTS, ...options.parts });
        const server = createHttpServer(api, { config, log: context.log });
        const url = `http://127.0.0.1:${await listen(server, options.port)}`;
        const s3 = new S3Client(bucket.clientConfig);
        // Valid for long: tests move the clock.
        const sign = () => keys.sign(newId(), { exp: Math.floor(Date.now() / 1_000) + 30 * 86_400 });

        const call: TestApi["call"] = async (token, method, path, body, headers = {}) => {
          const response = await fetch(url + path, {
            method,
            redirect: "manual",
            headers: {
              ...(token === null ? {} : { authorization: `Bearer ${token}` }),
              ...(body === undefined ? {} : { "content-type": "application/json" }),
              ...headers,
            },
            body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
          });
          const text = await response.text();
          return {
            status: response.status,
            headers: response.headers,
            body: parse(text, response.headers.get("content-type")) as never,
          };
        };
        try {
          await run({
            ...keys,
            url,
            context,
            bucket,
            s3,
            routes: api.routes.map(({ method, path }) => `${method} ${path}`),
            logged: () => lines,
            ann: await sign(),
            bob: await sign(),
            call,
          });
        } finally {
          server.closeAllConnections();
          await new Promise((resolve) => server.close(resolve));
          s3.destroy();
          storage.close();
          await database.close();
        }
      }),
    ),
  );

/** Stores an object as a generator would. */
export const putObject = (api: TestApi, key: string, body: string | Uint8Array) =>
  api.s3.send(new PutObjectCommand({ Bucket: api.bucket.bucket, Key: key, Body: Buffer.from(body) }));
