import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { Diff, FileList } from "@leo/core/api.ts";
import { FilePath } from "@leo/core/artifact.ts";
import { Id } from "@leo/core/id.ts";
import { archiveName, archiveVersion } from "../version/archive.ts";
import { diffVersions } from "../version/diff.ts";
import { ApiFault, notFound } from "../fault.ts";
import { refuseUnseenSecrets } from "../version/secret-scan.ts";
import { isText, readScreenshot, readSource, readVersion } from "../version/version.ts";
import { asciiFileName } from "../http/content-disposition.ts";
import type { UserEnv } from "../http/env.ts";
import type { RouteParts } from "./parts.ts";
import { bytes, GenerationParams, json, refusals, SIGNED_IN } from "./route.ts";
import { streamed } from "../http/stream.ts";

export const fileRoutes = ({ signedIn }: Pick<RouteParts, "signedIn">) => {
  const shared = { middleware: signedIn, security: SIGNED_IN, tags: ["files"] };

  return new OpenAPIHono<UserEnv>()
    .openapi(
      createRoute({
        ...shared,
        method: "get",
        path: "/api/generations/{id}/files",
        summary: "The files of a version and the checks it passed",
        request: { params: GenerationParams },
        responses: { 200: json(FileList, "What the manifest lists"), ...refusals(404) },
      }),
      async (c) => {
        const { manifest } = await readVersion(c.var.context, c.req.valid("param").id);
        const { source, dist, checks } = manifest;
        return c.json({ source, dist, checks }, 200);
      },
    )
    .openapi(
      // Generated code must never run on the API's origin: text goes out as plain text, the rest as a download.
      createRoute({
        ...shared,
        method: "get",
        path: "/api/generations/{id}/files/{path{.+}}",
        summary: "One source file",
        request: { params: GenerationParams.extend({ path: FilePath }) },
        responses: { 200: bytes("The file: text/plain, or application/octet-stream"), ...refusals(404) },
      }),
      async (c) => {
        const { context } = c.var;
        const { id, path } = c.req.valid("param");
        const content = await readSource(context, await readVersion(context, id), path);
        const text = isText(content);
        const name = asciiFileName(path.split("/").at(-1) ?? path);
        return c.body(Uint8Array.from(content), 200, {
          "content-type": text ? "text/plain; charset=utf-8" : "application/octet-stream",
          "content-disposition": `${text ? "inline" : "attachment"}; ${name}`,
        });
      },
    )
    .openapi(
      createRoute({
        ...shared,
        method: "get",
        path: "/api/generations/{id}/screenshot",
        summary: "The picture of the running app that the smoke test took",
        request: { params: GenerationParams },
        responses: { 200: bytes("image/png; a version's picture never changes"), ...refusals(404) },
      }),
      async (c) => {
        const { context } = c.var;
        const version = await readVersion(context, c.req.valid("param").id);
        const picture = await readScreenshot(context, version);
        return c.body(streamed(c.env, context.log, picture.body), 200, {
          "content-type": "image/png",
          "content-length": String(picture.sizeBytes),
          "cache-control": "private, max-age=31536000, immutable",
        });
      },
    )
    .openapi(
      createRoute({
        ...shared,
        method: "get",
        path: "/api/generations/{id}/archive.zip",
        summary: "The sources of a version as a zip",
        description:
          "A version that holds what looks like secrets is refused with the list (`secrets_found`) until `confirm` names its digest.",
        request: { params: GenerationParams, query: z.object({ confirm: z.string().max(100).optional() }) },
        responses: { 200: bytes("application/zip"), ...refusals(404, 409) },
      }),
      async (c) => {
        const { context } = c.var;
        const version = await readVersion(context, c.req.valid("param").id);
        await refuseUnseenSecrets(context, version, [c.req.valid("query").confirm]);
        return c.body(streamed(c.env, context.log, archiveVersion(context, version)), 200, {
          "content-type": "application/zip",
          "content-disposition": `attachment; filename="${archiveName(version)}"`,
        });
      },
    )
    .openapi(
      createRoute({
        ...shared,
        method: "get",
        path: "/api/generations/{id}/diff",
        summary: "Files that changed since another version of the app",
        request: { params: GenerationParams, query: z.object({ base: Id.optional() }) },
        responses: {
          200: json(Diff, "Changed files; without `base` since the version it continued from"),
          ...refusals(400, 404),
        },
      }),
      async (c) => {
        const { context } = c.var;
        const version = await readVersion(context, c.req.valid("param").id);
        const baseId = c.req.valid("query").base ?? version.baseGenerationId;
        if (baseId === null) throw new ApiFault("not_found", "This is the app's first version.");
        const base = await readVersion(context, baseId);
        if (base.appId !== version.appId) throw notFound("generation");
        return c.json(await diffVersions(context.storage, base, version), 200);
      },
    );
};
