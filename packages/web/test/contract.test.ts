/** The web knows the server by the type of its routes, and by nothing else. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, expectTypeOf, test } from "vitest";
import type { App } from "@leo/core/generation.ts";
import type { api, Body, Sent } from "../src/lib/http.ts";

const SRC = join(import.meta.dirname, "../src");

test("the types of requests and answers are those of the server's routes", () => {
  type Route = (typeof api.apps)[":appId"];
  expectTypeOf<Sent<Route["$patch"]>>().toEqualTypeOf<{ name: string }>();
  expectTypeOf<Body<Awaited<ReturnType<Route["$patch"]>>>>().toExtend<App>();
  expectTypeOf<Parameters<Route["$get"]>[0]>().toEqualTypeOf<{ param: { appId: string } }>();
  // A route that the server does not have is an error of the compiler's, as one that it no longer has would be.
  // @ts-expect-error -- there is no such route
  type Missing = (typeof api.apps)[":appId"]["renamed"];
  expectTypeOf<Missing>().toBeAny();
});

test("of the server's code, the web imports the type of the routes and nothing else", () => {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.tsx?$/.test(name),
  );
  const imports = files.flatMap((name) =>
    readFileSync(join(SRC, name), "utf8")
      .split("\n")
      .filter((line) => line.includes("@leo/") && !line.includes("@leo/core/")),
  );
  expect(imports).toEqual(['import type { Api } from "@leo/orchestrator/routes/api.ts";']);
});
