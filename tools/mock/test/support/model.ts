import { startModelServer, type ModelServer, type ModelServerOptions } from "../../src/model-server/start.ts";

/** Runs with a model server of its own. */
export const withModel = async <T>(
  options: ModelServerOptions,
  run: (model: ModelServer) => Promise<T>,
): Promise<T> => {
  const model = await startModelServer(options);
  try {
    return await run(model);
  } finally {
    await model.close();
  }
};

/** One request to `/v1/messages`, with the tools that make it the agent's own. */
export const ask = (model: ModelServer, body: Record<string, unknown>, signal?: AbortSignal) =>
  fetch(`${model.url}/v1/messages`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer any" },
    body: JSON.stringify({
      model: "claude-sonnet-5-5",
      max_tokens: 1_000,
      system: "Workspace: /work",
      tools: [{ name: "Write" }, { name: "Read" }],
      ...body,
    }),
    ...(signal ? { signal } : {}),
  });

export interface StreamEvent {
  type: string;
  index?: number;
  delta?: { type?: string; text?: string; partial_json?: string; stop_reason?: string };
  content_block?: { type: string; name?: string };
  message?: { content: unknown[]; usage: Record<string, number> };
  usage?: Record<string, number>;
}

/** The events of a streamed answer; each `event:` line must name its data's type. */
export const readEvents = async (response: Response): Promise<StreamEvent[]> => {
  const frames = (await response.text()).split("\n\n").filter(Boolean);
  return frames.map((frame) => {
    const [, name = "", data = ""] = /^event: (\w+)\ndata: (.*)$/.exec(frame) ?? [];
    const event = JSON.parse(data) as StreamEvent;
    if (event.type !== name) throw new Error(`event ${name} carries ${event.type}`);
    return event;
  });
};
