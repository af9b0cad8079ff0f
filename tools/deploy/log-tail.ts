/** The last lines that a task wrote before it ended. */
import { CloudWatchLogsClient, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";

const LINES = 8;

/** Streams of the orchestrator's container, as SST names them. */
const streamOf = (container: string, taskId: string) => `/service/${container}/${taskId}`;

/**
 * Reads a container's log.
 * @returns its last lines, or why they can't be read
 */
export const logTailOf =
  (logs: CloudWatchLogsClient, logGroup: string, container: string) =>
  async (taskId: string): Promise<string[]> => {
    try {
      const { events = [] } = await logs.send(
        new GetLogEventsCommand({
          logGroupName: logGroup,
          logStreamName: streamOf(container, taskId),
          limit: LINES,
          startFromHead: false,
        }),
      );
      return events.map(({ message = "" }) => message.trimEnd());
    } catch (error) {
      const { name, message } = error as Error;
      if (name === "ResourceNotFoundException") return ["(it wrote no log)"];
      return [`(its log can't be read: ${message})`];
    }
  };
