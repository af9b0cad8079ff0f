import { globalNames, names } from "./context.ts";
import { assumedByTasks, executionPolicy } from "./execution-role.ts";
import { generatorImage } from "./images.ts";
import { pulledRepositoryArn } from "./image.ts";
import { modelSecret } from "./secrets.ts";
import { bucket } from "./storage.ts";

const objects = $interpolate`${bucket.arn}/apps/*`;

/**
 * The sandbox runs untrusted code with this role: it may create objects, and nothing else.
 * `If-None-Match` makes S3 reject overwriting. The parts of a multipart upload cannot carry that
 * header; they create no object, and the call that completes them must carry it.
 */
export const generatorTaskRole = new aws.iam.Role("GeneratorTaskRole", {
  name: globalNames.generatorTaskRole,
  assumeRolePolicy: assumedByTasks,
  inlinePolicies: [
    {
      name: "inline",
      policy: aws.iam.getPolicyDocumentOutput({
        statements: [
          {
            sid: "CreateOnly",
            actions: ["s3:PutObject"],
            resources: [objects],
            conditions: [{ test: "Null", variable: "s3:if-none-match", values: ["false"] }],
          },
          {
            sid: "UploadParts",
            actions: ["s3:PutObject"],
            resources: [objects],
            conditions: [{ test: "Bool", variable: "s3:ObjectCreationOperation", values: ["false"] }],
          },
        ],
      }).json,
    },
  ],
});

export const generatorExecutionRole = new aws.iam.Role("GeneratorExecutionRole", {
  name: globalNames.generatorExecutionRole,
  assumeRolePolicy: assumedByTasks,
  inlinePolicies: [
    {
      name: "inline",
      policy: executionPolicy({
        repositoryArn: pulledRepositoryArn(generatorImage),
        logGroup: names.generatorLogs,
        secretArns: [modelSecret.arn],
      }),
    },
  ],
});
