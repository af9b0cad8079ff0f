/** Hostile requests of one run to its model gateway: what they cost at most, whatever they ask for. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { readGatewayConfig } from "@leo/generator/gateway/config.ts";
import { costUsd, NO_TOKENS } from "@leo/generator/gateway/prices.ts";
import { startGateway } from "@leo/generator/gateway/server.ts";

const MODEL = "claude-opus-5";
const MAX_TOKENS = 64_000;

export interface Forwarded {
  requests: number;
  forwarded: number;
  /** What a model that answers as long as it may would have been owed. */
  owedUsd: number;
}

/** Sends so many requests at once against a budget. */
export const attackGateway = async (count: number, budgetUsd: number): Promise<Forwarded> => {
  let owedUsd = 0;
  let forwarded = 0;
  const model = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const chunk of request) parts.push(chunk as Buffer);
      const asked = Buffer.concat(parts);
      const { max_tokens: outputTokens } = JSON.parse(asked.toString()) as { max_tokens: number };
      const inputTokens = asked.length;
      forwarded += 1;
      const usage = { input_tokens: inputTokens, output_tokens: outputTokens };
      owedUsd += costUsd(MODEL, { ...NO_TOKENS, inputTokens, outputTokens });
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ stop_reason: "max_tokens", usage }));
    })();
  });
  model.listen(0, "127.0.0.1");
  await once(model, "listening");
  const config = readGatewayConfig({
    GATEWAY_PORT: "0",
    LEO_UPSTREAM_URL: `http://127.0.0.1:${(model.address() as AddressInfo).port}`,
    ANTHROPIC_API_KEY: "none",
    LEO_BUDGET_USD: String(budgetUsd),
  });
  const gateway = await startGateway(config, pino({ level: "silent" }));
  const body = JSON.stringify({
    model: MODEL,
    max_tokens: MAX_TOKENS,
    messages: [{ role: "user", content: "Write without end." }],
  });
  const headers = { "content-type": "application/json", authorization: "Bearer none" };
  try {
    await Promise.all(
      Array.from({ length: count }, async () => {
        const answer = await fetch(`${gateway.url}/v1/messages`, { method: "POST", headers, body });
        await answer.arrayBuffer();
      }),
    );
    return { requests: count, forwarded, owedUsd };
  } finally {
    await gateway.close();
    model.closeAllConnections();
    model.close();
  }
};
