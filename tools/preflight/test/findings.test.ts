/** Each kind of problem that preflight knows, as one sentence that says what to do. */
import { describe, expect, test } from "vitest";
import { committedDefaults, WITHOUT_ENV_FILES } from "../../environment/env-files.ts";
import { examineStage } from "../examine.ts";
import { type ImageState, type Named, NotReadable, type Owner, type Reader, type Zone } from "../facts.ts";
import { readStage } from "../../../infra/stage.ts";
import { builderFor, healthyReader, withDocker, withFiles } from "./support/reader.ts";

const CLOSED = { LEO_ALLOWLIST: "203.0.113.0/24" };
const SITE = { ...CLOSED, LEO_DOMAIN: "leo.example.com", LEO_PREVIEW_DOMAIN: "leo-previews.example" };
const CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/0b0e1f0a-1111-4222-8333-444455556666";
const BOTH = "linux/amd64, linux/arm64*";

interface Given {
  settings?: Record<string, string>;
  reader?: Partial<Reader>;
  docker?: string;
  env?: Record<string, string>;
  isDev?: boolean;
  stageName?: string;
}

const findingsOf = ({ settings = SITE, reader, docker, env, isDev, stageName = "prod" }: Given = {}) =>
  withDocker(docker ?? builderFor(BOTH), ({ PATH }) =>
    examineStage({
      stage: readStage(stageName, { ...WITHOUT_ENV_FILES, ...committedDefaults(), ...settings }),
      env: { PATH, ...env },
      isDev,
      reader: healthyReader({
        zones: () => Promise.resolve(zones("example.com", "leo-previews.example")),
        ...reader,
      }),
    }),
  );

const zones = (...names: string[]): Zone[] =>
  names.map((name) => ({
    name: name.replace("private:", ""),
    id: `Z-${name}`,
    isPrivate: name.startsWith("private:"),
  }));

const owned = (owners: Record<string, Owner>): Partial<Reader> => ({
  owner: ({ kind, name }: Named) => Promise.resolve(owners[`${kind} ${name}`] ?? { owner: "nobody" }),
});

test("an account with room, its zones and a builder is ready, and nothing is warned about", async () => {
  expect(await findingsOf()).toEqual({ problems: [], warnings: [] });
});

describe("names", () => {
  test("that an earlier stack has are listed once per owner, with the way out", async () => {
    const stack: Owner = { owner: "other", by: "the CloudFormation stack LeoStack" };
    const { problems } = await findingsOf({
      reader: owned({
        "secret leo-saas/database-url": stack,
        "secret leo-saas/supabase-url": stack,
        "ECR repository leo": stack,
        "ECR repository leo-saas-app": stack,
        "bucket leo-saas-generated-apps-111122223333": { owner: "other" },
        "log group /ecs/leo": { owner: "stage" },
      }),
    });
    const ways =
      "take them over as docs/migrate-from-cdk.md says, remove what has them, or deploy another stage.";
    expect(problems).toEqual([
      `These names of stage prod already belong to the CloudFormation stack LeoStack: the secrets leo-saas/supabase-url and leo-saas/database-url, the ECR repositories leo-saas-app and leo; ${ways}`,
      `These names of stage prod already belong to something that SST did not make: the bucket leo-saas-generated-apps-111122223333; ${ways}`,
    ]);
  });

  test("of secrets that are scheduled for deletion come with the commands", async () => {
    const until = new Date("2026-12-24T10:00:00Z");
    const { problems } = await findingsOf({
      reader: owned({ "secret leo-saas/database-url": { owner: "deletion", until } }),
    });
    expect(problems).toEqual([
      expect.stringMatching(
        /scheduled for deletion.*\(until 2026-12-24\): leo-saas\/database-url; .*delete-secret --region us-east-1 --force-delete-without-recovery --secret-id leo-saas\/database-url.*restore-secret/,
      ),
    ]);
  });

  test("are asked for in `sst dev` too, but not those that only a deploy makes", async () => {
    const asked: string[] = [];
    const reader = {
      owner: ({ kind }: Named) => {
        asked.push(kind);
        return Promise.resolve({ owner: "nobody" as const });
      },
      quota: () => Promise.resolve(1),
      vpcs: () => Promise.resolve({ count: 0, hasOwn: false }),
    };
    expect((await findingsOf({ reader, isDev: true, docker: "exit 1", stageName: "ada" })).problems).toEqual(
      [],
    );
    expect(asked).toContain("bucket");
    expect(asked).not.toContain("ECS service");
  });
});

describe("quotas", () => {
  const full = { vpcs: () => Promise.resolve({ count: 5, hasOwn: false }), quota: () => Promise.resolve(5) };

  test("of VPCs and of Fargate's vCPUs are compared with what is there", async () => {
    expect((await findingsOf({ reader: full })).problems).toEqual([
      expect.stringMatching(/^Region us-east-1 has 5 VPCs and allows this account 5,.*quota L-F678F1CE/),
      expect.stringMatching(/^Region us-east-1 allows this account 5 Fargate vCPUs, but the stage needs/),
    ]);
  });

  test("of VPCs do not matter once the stage has its own", async () => {
    const vpcs = () => Promise.resolve({ count: 5, hasOwn: true });
    const quota = ({ serviceCode }: { serviceCode: string }) =>
      Promise.resolve(serviceCode === "vpc" ? 5 : 100);
    expect((await findingsOf({ reader: { vpcs, quota } })).problems).toEqual([]);
  });
});

describe("hosted zones", () => {
  const problemsWith = async (...names: string[]) =>
    (await findingsOf({ reader: { zones: () => Promise.resolve(zones(...names)) } })).problems;

  test("that are missing are named with their setting", async () => {
    expect(await problemsWith()).toEqual([
      expect.stringMatching(/^No hosted zone .* is for LEO_DOMAIN \(leo\.example\.com\): create one/),
      expect.stringMatching(/^No hosted zone .* is for LEO_PREVIEW_DOMAIN \(leo-previews\.example\)/),
    ]);
    expect(await problemsWith("ample.com", "notleo-previews.example", "com")).toHaveLength(2);
  });

  test.for([
    [["private:example.com", "leo-previews.example"], /LEO_DOMAIN .* is example\.com .*private/],
    [["example.com", "private:leo.example.com", "leo-previews.example"], /is leo\.example\.com .*private/],
    [["private:example.com", "example.com", "leo-previews.example"], /private/],
    [["example.com", "private:leo-previews.example"], /LEO_PREVIEW_DOMAIN .*private/],
  ] as const)("of which SST would take a private one: %s", async ([names, sentence]) => {
    expect(await problemsWith(...names)).toEqual([expect.stringMatching(sentence)]);
  });

  test("are not needed with an own certificate, which must be issued and for both names", async () => {
    const settings = { ...SITE, LEO_DNS: "off", LEO_CERTIFICATE_ARN: CERTIFICATE };
    const problemsOf = async (certificate: Awaited<ReturnType<Reader["certificate"]>>) =>
      (
        await findingsOf({
          settings,
          reader: { zones: () => Promise.resolve([]), certificate: () => Promise.resolve(certificate) },
        })
      ).problems;
    expect(await problemsOf(undefined)).toEqual([
      expect.stringMatching(/^ACM in us-east-1 has no certificate/),
    ]);
    expect(await problemsOf({ status: "PENDING_VALIDATION", names: [] })).toEqual([
      expect.stringMatching(/PENDING_VALIDATION, not ISSUED: add the validation records/),
    ]);
    expect(await problemsOf({ status: "ISSUED", names: ["leo.example.com"] })).toEqual([
      expect.stringMatching(/is not for \*\.leo-previews\.example: request one/),
    ]);
    const wildcards = ["*.example.com", "*.leo-previews.example"];
    expect(await problemsOf({ status: "ISSUED", names: wildcards })).toEqual([]);
  });
});

test("what may not be read is a warning that names the action, and the rest goes on", async () => {
  const denied = (action: string) => () => Promise.reject(new NotReadable(action, true, "it is not allowed"));
  const { problems, warnings } = await findingsOf({
    reader: {
      owner: denied("ecr:DescribeRepositories"),
      vpcs: denied("ec2:DescribeVpcs"),
      quota: () =>
        Promise.reject(new NotReadable("servicequotas:GetServiceQuota", false, "it does not answer")),
      zones: () => Promise.resolve([]),
    },
  });
  expect(problems).toHaveLength(2);
  expect(warnings).toEqual([
    "Not checked: whether names are taken, because these credentials may not call ecr:DescribeRepositories; allow it to have it checked.",
    "Not checked: the quota of VPCs, because these credentials may not call ec2:DescribeVpcs; allow it to have it checked.",
    "Not checked: the quota of Fargate vCPUs, because servicequotas:GetServiceQuota got no answer: it does not answer.",
  ]);
});

describe("credentials", () => {
  const problemOf = async (error: { name: string; message?: string }, env: Record<string, string> = {}) => {
    const account = async () => {
      throw Object.assign(new Error(error.message ?? "no"), { name: error.name });
    };
    const { problems } = await findingsOf({ reader: { account }, env: { HOME: "/nowhere", ...env } });
    expect(problems).toHaveLength(1);
    return problems[0];
  };

  test.for([
    ["ExpiredToken", "", /^The AWS credentials in this environment have expired: log in/],
    [
      "CredentialsProviderError",
      "Could not load credentials from any providers",
      /^There are no AWS credentials/,
    ],
    ["UnrecognizedClientException", "", /does not know the credentials.*Region us-east-1 enabled/],
    ["InvalidSignatureException", "", /clock is wrong: set the clock/],
    ["AccessDenied", "", /may not even ask who they are: allow sts:GetCallerIdentity/],
  ] as const)("%s is one sentence, without consequences", async ([name, message, sentence]) => {
    expect(await problemOf({ name, message })).toMatch(sentence);
  });

  test("of a profile that expired or does not exist name it", async () => {
    const sso = "Token is expired. To refresh this SSO session run 'aws sso login'";
    const nobody = { name: "CredentialsProviderError", message: "Could not load credentials" };
    await withFiles({ config: "[profile prod]\nregion = us-east-1\n" }, async (folder) => {
      const AWS_CONFIG_FILE = `${folder}/config`;
      expect(await problemOf(nobody, { AWS_PROFILE: "prdo", AWS_CONFIG_FILE })).toMatch(
        /^AWS_PROFILE is prdo, but there is no such profile/,
      );
      const expired = { name: "CredentialsProviderError", message: sso };
      expect(await problemOf(expired, { AWS_PROFILE: "prod", AWS_CONFIG_FILE })).toMatch(
        /^The AWS credentials of the profile prod have expired: run `aws sso login --profile prod`/,
      );
    });
  });
});

describe("the builder", () => {
  const problemsWith = async (docker: string, env?: Record<string, string>, settings = SITE) =>
    (await findingsOf({ docker, env, settings })).problems;

  test("must know the stage's architecture", async () => {
    expect(await problemsWith(builderFor("linux/amd64, linux/amd64/v2, linux/386"))).toEqual([
      expect.stringMatching(
        /^The builder desk cannot build for linux\/arm64 .*binfmt --install arm64.*BUILDX_BUILDER.*LEO_ARCHITECTURE=x86_64/,
      ),
    ]);
    const x86 = { ...SITE, LEO_ARCHITECTURE: "x86_64" };
    expect(await problemsWith(builderFor("linux/amd64"), {}, x86)).toEqual([]);
  });

  test("is the one that BUILDX_BUILDER names", async () => {
    const script = `if [ "$1" = info ]; then exit 0; fi\nif [ "$3" = far ]; then ${builderFor("linux/arm64").replace("Name:          desk", "Name: far")}\nelse exit 1; fi`;
    expect(await problemsWith(script, { BUILDX_BUILDER: "far" })).toEqual([]);
    expect(await problemsWith(script, { BUILDX_BUILDER: "gone" })).toEqual([
      expect.stringMatching(/^BUILDX_BUILDER is gone, but Docker has no such builder/),
    ]);
    expect(await problemsWith(script)).toEqual([expect.stringMatching(/^Docker has no buildx/)]);
  });

  test("elsewhere needs no daemon here", async () => {
    const remote = `if [ "$1" = info ]; then exit 1; fi\n${builderFor("linux/arm64", "remote")}`;
    expect(await problemsWith(remote)).toEqual([]);
    const local = `if [ "$1" = info ]; then exit 1; fi\n${builderFor("linux/arm64")}`;
    expect(await problemsWith(local)).toEqual([expect.stringMatching(/^Docker does not answer/)]);
  });

  test("that was never started is warned about", async () => {
    const { problems, warnings } = await findingsOf({ docker: builderFor("") });
    expect(problems).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/desk has not been started.*--bootstrap desk/)]);
  });

  test("is not asked for when both images are made elsewhere", async () => {
    const images = { LEO_ORCHESTRATOR_IMAGE: "ghcr.io/x/app:1", LEO_GENERATOR_IMAGE: "ghcr.io/x/leo:1" };
    const reader = { baseRegistryProblem: () => Promise.resolve("the name is not known to DNS") };
    expect(
      (await findingsOf({ docker: "exit 1", settings: { ...SITE, ...images }, reader })).problems,
    ).toEqual([]);
  });
});

describe("images and registries", () => {
  const settings = { ...SITE, LEO_GENERATOR_IMAGE: "ghcr.io/x/leo:1" };
  const unreachable = { state: "unreachable", registry: "ghcr.io", reason: "it does not answer" } as const;

  const cases: [ImageState, RegExp][] = [
    [{ state: "missing" }, /^There is no image ghcr\.io\/x\/leo:1 \(LEO_GENERATOR_IMAGE\): push it/],
    [{ state: "private" }, /does not exist or is private, so no task could pull it/],
    [
      { state: "found", platforms: ["linux/amd64"] },
      /is for linux\/amd64 and not for linux\/arm64: build it/,
    ],
    [unreachable, /^The registry ghcr\.io of LEO_GENERATOR_IMAGE can't be reached: it does not answer/],
  ];
  test.for(cases)("%j is one sentence", async ([state, sentence]) => {
    const image = () => Promise.resolve(state);
    expect((await findingsOf({ settings, reader: { image } })).problems).toEqual([
      expect.stringMatching(sentence),
    ]);
  });

  test("Docker Hub out of reach stops a build, but behind a proxy it is a warning", async () => {
    const reader = { baseRegistryProblem: () => Promise.resolve("it does not answer") };
    expect((await findingsOf({ reader })).problems).toEqual([
      expect.stringMatching(
        /^Docker Hub, which has the base images, can't be reached: it does not answer: check/,
      ),
    ]);
    const behind = await findingsOf({ reader, env: { HTTPS_PROXY: "http://proxy:3128" } });
    expect(behind).toEqual({ problems: [], warnings: [expect.stringMatching(/tried without the proxy/)] });
  });
});
