import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Check } from "../check.ts";
import { failure, type Finding, LeftOut, ok, warning } from "../finding.ts";
import { awsProblem, reasonOf } from "@leo/core/explain.ts";
import { needCredentials } from "../target.ts";

const depthOf = async (sqs: SQSClient, name: string, signal: AbortSignal): Promise<number> => {
  const options = { abortSignal: signal };
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }), options);
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] }),
    options,
  );
  return Number(Attributes?.ApproximateNumberOfMessages ?? 0);
};

const dead = (name: string, depth: number): Finding[] =>
  depth === 0
    ? []
    : [
        warning(
          `${depth} task events failed and are in ${name}`,
          "Search the orchestrator's log for task_event_failed; docs/lifecycle.md says what to do.",
        ),
      ];

/** Only counts: receiving a message would take it from the orchestrator. */
export const queueCheck: Check = {
  name: "queue",
  run: async (target, signal) => {
    needCredentials(target);
    const { aws, queue, isUp } = target;
    if (!queue) throw new LeftOut("the queue's name");
    const sqs = new SQSClient(aws);
    try {
      const [waiting, deadDepth] = await Promise.all([
        depthOf(sqs, queue.name, signal),
        queue.deadName ? depthOf(sqs, queue.deadName, signal) : 0,
      ]);
      return [ok(`${queue.name}: ${waiting} task events waiting`), ...dead(queue.deadName ?? "", deadDepth)];
    } catch (error) {
      const problem = awsProblem(error);
      if (problem === "missing" && !isUp)
        return [ok(`${queue.name} doesn't exist yet; the deploy creates it`)];
      if (problem === "missing")
        return [failure(`${queue.name} doesn't exist`, "Deploy again; it was removed by hand.")];
      if (problem === "denied")
        return [failure(`these credentials may not read ${queue.name}`, "Allow sqs:GetQueueAttributes.")];
      return [failure(`${queue.name} can't be read: ${reasonOf(error)}`)];
    } finally {
      sqs.destroy();
    }
  },
};
