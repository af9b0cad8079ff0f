/** Runs: what starts, steers and ends them. Each of these changes its app. */
import { mutationOptions } from "@tanstack/react-query";
import { api, idempotency, read, type IdempotencyKey, type Sent } from "../../lib/http.ts";
import { appKeys } from "../app/api.ts";

const { generations } = api.apps[":appId"];
const route = api.generations[":id"];

interface NewGeneration {
  body: Sent<typeof generations.$post>;
  /** The same for every try of one submission. */
  idempotencyKey: IdempotencyKey;
}

/** Asks for a change of an app. */
export const createGenerationMutation = (appId: string) =>
  mutationOptions({
    mutationFn: ({ body, idempotencyKey }: NewGeneration) =>
      read(generations.$post({ param: { appId }, json: body, header: idempotency(idempotencyKey) })),
    meta: { changes: [appKeys.one(appId)] },
  });

interface Run {
  id: string;
  appId: string;
}

interface Retry {
  /** Begin where the run began, instead of continuing from what it left. */
  startOver: boolean;
  idempotencyKey: IdempotencyKey;
}

/** The same request again, as a new generation. */
export const retryGenerationMutation = ({ id, appId }: Run) =>
  mutationOptions({
    mutationFn: ({ startOver, idempotencyKey }: Retry) =>
      read(
        route.retry.$post({
          param: { id },
          query: startOver ? { startOver: "true" } : {},
          header: idempotency(idempotencyKey),
        }),
      ),
    meta: { changes: [appKeys.one(appId)] },
  });

/** Asks for the end of a run; its state follows when the task is gone. */
export const cancelGenerationMutation = ({ id, appId }: Run) =>
  mutationOptions({
    mutationFn: () => read(route.cancel.$post({ param: { id } })),
    meta: { changes: [appKeys.one(appId)] },
  });

/** Hands the agent a request while it works. */
export const addMessageMutation = ({ id, appId }: Run) =>
  mutationOptions({
    mutationFn: (text: string) => read(route.messages.$post({ param: { id }, json: { text } })),
    meta: { changes: [appKeys.one(appId)] },
  });

/** Gives a queued request another text. Rejected once the agent has it; events report the change. */
export const changeMessageMutation = (generationId: string) =>
  mutationOptions({
    mutationFn: ({ messageId, text }: { messageId: string; text: string }) =>
      read(route.messages[":messageId"].$patch({ param: { id: generationId, messageId }, json: { text } })),
  });

/** Takes a queued request back. Rejected once the agent has it; events report the change. */
export const removeMessageMutation = (generationId: string) =>
  mutationOptions({
    mutationFn: (messageId: string) =>
      route.messages[":messageId"].$delete({ param: { id: generationId, messageId } }),
  });
