import { expect, test } from "vitest";
import type { Graph } from "../graph/graph.ts";
import { renderGraph, renderTable } from "../graph/render.ts";

const common = { options: { ignoreChanges: [], retainOnDelete: false }, dependencies: [], attributes: {} };
const graph: Graph = {
  resources: [
    {
      type: "aws:sqs/queue:Queue",
      name: "EventsQueue",
      parent: "Events",
      ...common,
      inputs: { name: "events", tags: {} },
    },
    {
      type: "aws:secretsmanager/secretVersion:SecretVersion",
      name: "TokenVersion",
      ...common,
      inputs: { secretId: "token", secretString: { secret: "CLEAR-TEXT" } },
    },
    {
      type: "sst:sst:LinkRef",
      name: "TokenLinkRef",
      ...common,
      inputs: { properties: { secret: "CLEAR-TEXT" } },
    },
  ],
  outputs: { url: "http://example.com", _protect: true },
  commands: [],
  dataSources: [],
  printed: ["Warning: something."],
};

test("the table has a line for each resource, then the outputs", () => {
  expect(renderTable(graph).split("\n")).toEqual([
    "Warning: something.",
    "secretsmanager SecretVersion  TokenVersion  secretId=token  secretString=(secret)",
    "sqs Queue                     EventsQueue   events",
    "",
    "2 resources",
    "Outputs",
    "  url: http://example.com",
  ]);
});

test("the full text has every setting, and which component made a resource", () => {
  const text = renderGraph(graph);
  expect(text).toContain("Queue EventsQueue  (in Events)");
  expect(text).toContain("secretString  (secret)");
});

test("no secret is printed", () => {
  expect(renderTable(graph) + renderGraph(graph)).not.toContain("CLEAR-TEXT");
});
