/** Two orchestrators on one database: what must hold whichever of them is asked. */
import { expect, test } from "vitest";
import type { Generation } from "@leo/core/generation.ts";
import { newId } from "@leo/core/id.ts";
import { withOrchestrator } from "../support/orchestrator.ts";

/** Two machines, and one user may have both and fifty requests more. */
const FEW_PLACES = {
  LEO_VCPU_BUDGET: "8",
  LEO_RUNNING_PER_USER: "50",
  LEO_QUEUED_PER_USER: "60",
  LEO_USER_DAY_BUDGET_USD: "50000",
};

const post = (url: string, token: string, key: string) =>
  fetch(`${url}/api/apps`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "idempotency-key": key,
    },
    body: JSON.stringify({ prompt: "a todo list" }),
  });

const created = async (response: Response) => {
  expect(response.status).toBe(201);
  return ((await response.json()) as { generation: Generation }).generation;
};

test("the same request sent to both at once, ten times each, is one generation with one task", () =>
  withOrchestrator({}, async (leo) => {
    const other = await leo.startAnother();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        post((index % 2 ? other : leo.orchestrator).url, leo.token, "once").then(created),
      ),
    );
    const [first] = answers;
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    await leo.task(first?.id ?? "");
    expect(leo.ecs.tasks()).toHaveLength(1);
  }));

test("fifty queued by one user through one do not delay another's first through the other", () =>
  withOrchestrator({ settings: FEW_PLACES }, async (leo) => {
    const other = await leo.startAnother();
    const greedy: Generation[] = [];
    while (greedy.length < 50)
      greedy.push(await post(leo.orchestrator.url, leo.token, newId()).then(created));
    await expect.poll(() => leo.ecs.tasks().length, { timeout: 60_000 }).toBe(2);
    const token = await leo.sign(newId());
    const first = await post(other.url, token, newId()).then(created);
    expect(first).toMatchObject({ state: "queued", queuePosition: 1 });
    expect(Date.parse(first.estimatedStartAt ?? "")).toBeGreaterThan(Date.parse(first.createdAt));
    const places = await Promise.all(greedy.map(({ id }) => leo.generation(id)));
    expect(places.flatMap(({ queuePosition }) => queuePosition ?? []).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 48 }, (_, index) => index + 2),
    );
    const running = places.find(({ state }) => state === "starting");
    await leo.request("POST", `/api/generations/${running?.id}/cancel`);
    await leo.task(first.id);
    expect(leo.ecs.tasks()).toHaveLength(3);
  }));

test("share links that are asked of both at once are no more than an app may have", () =>
  withOrchestrator({}, async (leo) => {
    const other = await leo.startAnother();
    const { appId } = await post(leo.orchestrator.url, leo.token, newId()).then(created);
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        fetch(`${(index % 2 ? other : leo.orchestrator).url}/api/apps/${appId}/shares`, {
          method: "POST",
          headers: { authorization: `Bearer ${leo.token}`, "content-type": "application/json" },
          body: "{}",
        }),
      ),
    );
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([
      ...Array.from({ length: 20 }, () => 201),
      ...Array.from({ length: 10 }, () => 429),
    ]);
  }));
