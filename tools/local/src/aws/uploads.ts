import type { FauxqsApp, S3Store } from "./fauxqs.ts";

interface Upload {
  method: string;
  bucket: string;
  key: string;
  query: Record<string, string>;
  createOnly: boolean;
}

interface Refusal {
  status: number;
  code: string;
  message: string;
}

const accessKeyOf = (authorization: string | undefined): string | undefined =>
  authorization && /Credential=([^/,\s]+)/.exec(authorization)?.[1];

const objectExists = (s3: S3Store, bucket: string, key: string): boolean =>
  s3.hasBucket(bucket) && s3.listObjects(bucket, { prefix: key, maxKeys: 1 }).objects[0]?.key === key;

/** The request that makes an object visible: a plain PUT, or the last call of a multipart upload. */
const finishesObject = ({ method, query }: Upload): boolean =>
  (method === "PUT" && !query.partNumber) || (method === "POST" && query.uploadId !== undefined);

/** Parts and aborts of a multipart upload; they make nothing visible. */
const belongsToUpload = ({ method, query }: Upload): boolean =>
  (method === "PUT" && query.partNumber !== undefined) ||
  (method === "POST" && query.uploads !== undefined) ||
  (method === "DELETE" && query.uploadId !== undefined);

const refuse = (upload: Upload, s3: S3Store, isGenerator: boolean): Refusal | undefined => {
  if (upload.key.split("/").includes("..")) {
    return { status: 400, code: "InvalidURI", message: "The key leaves the bucket." };
  }
  const finishes = finishesObject(upload);
  if (isGenerator && !(finishes && upload.createOnly) && !belongsToUpload(upload)) {
    return { status: 403, code: "AccessDenied", message: "This role may only create objects." };
  }
  if (finishes && upload.createOnly && objectExists(s3, upload.bucket, upload.key)) {
    const message = "At least one of the pre-conditions you specified did not hold";
    return { status: 412, code: "PreconditionFailed", message };
  }
  return undefined;
};

/**
 * Holds S3 calls to what Leo's roles may do: `If-None-Match: *` never overwrites, and the generator's
 * access key creates objects and does nothing else (presigned URLs carry the orchestrator's key).
 */
export const guardUploads = (app: FauxqsApp, s3: S3Store, generatorAccessKeyId: string): void => {
  // After the body is read and in the same turn as fauxqs's own handler: two writers cannot both win.
  app.addHook("preHandler", (request, reply, done) => {
    const params = request.params as { bucket?: string; "*"?: string };
    const isGenerator = accessKeyOf(request.headers.authorization) === generatorAccessKeyId;
    const upload: Upload = {
      method: request.method,
      bucket: params.bucket ?? "",
      key: params["*"] ?? "",
      query: (request.query ?? {}) as Record<string, string>,
      createOnly: request.headers["if-none-match"] === "*",
    };
    const refusal = params.bucket || isGenerator ? refuse(upload, s3, isGenerator) : undefined;
    if (!refusal) return done();
    const { code, message } = refusal;
    const xml = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
    return reply.status(refusal.status).type("application/xml").send(xml);
  });
};
