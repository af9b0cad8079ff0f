/** What ECR's lifecycle policy leaves of a stage's images, worked out day by day. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { Graph } from "../../tools/plan/graph/graph.ts";
import { graphOf } from "../../tools/plan/graph/run-graph.ts";
import { sourceTag } from "../source-tag.ts";
import { afterExpiry, push, type LifecyclePolicy, type StoredImage } from "./support/ecr.ts";
import { all } from "./support/find.ts";
import { allowForGraphs } from "./support/graphs.ts";

allowForGraphs();
let graph: Graph;
let policies: LifecyclePolicy[];
beforeAll(async () => {
  graph = await graphOf({ stage: "prod" });
  policies = all(graph, "ecr/lifecyclePolicy:LifecyclePolicy").map(
    ({ inputs }) => JSON.parse(inputs.policy as string) as LifecyclePolicy,
  );
});

/** As BuildKit pushes a build: manifest and attestation, their index with the tags, then the cache. */
const pushBuild = (images: StoredImage[], commit: string, pushedDay: number): StoredImage[] => {
  const parts = [`${commit}-manifest`, `${commit}-attestation`];
  const pushed = [
    ...parts.map((digest) => ({ digest, tags: [], pushedDay, manifests: [] })),
    { digest: `${commit}-index`, tags: [commit, "latest"], pushedDay, manifests: parts },
    { digest: `${commit}-cache`, tags: ["cache"], pushedDay, manifests: [] },
  ];
  return pushed.reduce(push, images);
};

const commits = (images: StoredImage[]) =>
  images.flatMap(({ digest }) => (digest.endsWith("-index") ? digest.replace("-index", "") : []));

test("the newest 20 deploys stay, whole, however long ago they were; older ones and caches go", () => {
  expect(policies).toHaveLength(2);
  for (const policy of policies) {
    let images: StoredImage[] = [];
    for (let deploy = 0; deploy < 30; deploy += 1) {
      const day = deploy * 10;
      images = afterExpiry(policy, pushBuild(images, `c${deploy}`, day), day);
    }
    images = afterExpiry(policy, images, 1_000);
    expect(commits(images)).toEqual(Array.from({ length: 20 }, (_, index) => `c${index + 10}`));
    for (const commit of commits(images)) {
      expect(images.map(({ digest }) => digest)).toEqual(
        expect.arrayContaining([`${commit}-manifest`, `${commit}-attestation`]),
      );
    }
    const caches = images.filter(({ digest }) => digest.endsWith("-cache"));
    expect(caches.map(({ digest }) => digest)).toEqual(["c29-cache"]);
    expect(images).toHaveLength(20 * 3 + 1);
  }
});

test("a stage that deploys 25 times in a day keeps 20 of them", () => {
  for (const policy of policies) {
    let images: StoredImage[] = [];
    for (let deploy = 0; deploy < 25; deploy += 1)
      images = afterExpiry(policy, pushBuild(images, `c${deploy}`, deploy / 100), 1);
    expect(commits(images)).toHaveLength(20);
  }
});

test("a policy that counts everything would keep fewer, which the stand-in shows", () => {
  const naive: LifecyclePolicy = {
    rules: [
      {
        rulePriority: 1,
        selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 20 },
      },
    ],
  };
  let images: StoredImage[] = [];
  for (let deploy = 0; deploy < 30; deploy += 1)
    images = afterExpiry(naive, pushBuild(images, `c${deploy}`, deploy), deploy);
  expect(commits(images).length).toBeLessThan(10);
});

test("a checkout with changes has a tag of its own, which changes with them", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "leo-source-tag-"));
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=Leo", "-c", "user.email=leo@example.com", ...args], {
      cwd: folder,
      encoding: "utf8",
    });
  const write = (name: string, text: string) => writeFile(path.join(folder, name), text);
  try {
    git("init", "-q");
    await write("a.txt", "one");
    git("add", ".");
    git("commit", "-q", "-m", "one");
    const clean = sourceTag(folder);
    expect(clean).toBe(git("rev-parse", "--short=12", "HEAD").trim());

    await write("a.txt", "two");
    const changed = sourceTag(folder);
    expect(changed).toMatch(new RegExp(`^${clean}-[0-9a-f]{8}$`));
    expect(sourceTag(folder)).toBe(changed);
    await write("b.txt", "new");
    const added = sourceTag(folder);
    await write("b.txt", "newer");
    expect(new Set([clean, changed, added, sourceTag(folder)]).size).toBe(4);
  } finally {
    await rm(folder, { recursive: true });
  }
});
