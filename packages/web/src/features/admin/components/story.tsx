import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { AdminGeneration, AdminTask } from "@leo/core/admin.ts";
import { Loaded } from "../../../components/loaded.tsx";
import { StateLabel } from "../../../components/state-label.tsx";
import { Button } from "../../../components/ui/button.tsx";
import { formatClock, formatDateTime } from "../../../lib/format.ts";
import { formatUsd } from "@leo/core/money.ts";
import { useAction } from "../../../lib/use-action.ts";
import { cancelGenerationMutation, eventsQuery, storyQuery } from "../api.ts";
import { costWords } from "../cost-words.ts";
import { Block, Nothing } from "./block.tsx";

const PAGE = 500;

const Attempt = ({ task }: { task: AdminTask }) => {
  const moments: [name: string, at: string | undefined][] = [
    ["claimed", task.createdAt],
    ["accepted", task.acceptedAt],
    ["running", task.runningAt],
    ["ready", task.readyAt],
    ["last message", task.lastFrameAt],
    [`stop requested (${task.stop?.reason})`, task.stop?.at],
    ["ended", task.ended?.at],
  ];
  return (
    <li className="border-t border-line py-3 text-sm first:border-t-0">
      <p className="font-medium">
        Attempt {task.number}, model cost {formatUsd(task.costUsd)}
        {task.logUrl && (
          <>
            {" · "}
            <a href={task.logUrl} target="_blank" rel="noreferrer" className="underline underline-offset-2">
              Log
            </a>
          </>
        )}
      </p>
      {task.taskArn && <p className="font-mono text-xs break-all text-faint">{task.taskArn}</p>}
      <p className="mt-1 text-xs text-muted">
        {moments.flatMap(([name, at]) => (at ? `${name} ${formatClock(at)}` : [])).join(" · ")}
      </p>
      {task.ended && (
        <p className="mt-1 text-xs text-pretty">
          <span className="font-mono">{task.ended.class}</span>: {task.ended.detail}
        </p>
      )}
    </li>
  );
};

const Events = ({ id }: { id: string }) => {
  const [since, setSince] = useState(0);
  const { data } = useQuery(eventsQuery(id, since));
  const last = data?.events.at(-1)?.seq ?? since;
  return (
    <Block
      title="Events"
      tools={
        <span className="flex gap-2">
          <Button size="small" disabled={since === 0} onClick={() => setSince(Math.max(0, since - PAGE))}>
            Earlier
          </Button>
          <Button size="small" disabled={last >= (data?.lastSeq ?? 0)} onClick={() => setSince(last)}>
            Later
          </Button>
        </span>
      }
    >
      <ol className="flex flex-col gap-1 text-xs">
        {data?.events.map(({ seq, at, type, ...fact }) => (
          <li key={seq} className="break-words">
            <span className="text-faint tabular-nums">
              {seq} {formatClock(at)}
            </span>{" "}
            <span className="font-mono font-medium">{type}</span>{" "}
            <span className="font-mono text-muted">{JSON.stringify(fact).slice(0, 600)}</span>
          </li>
        ))}
      </ol>
    </Block>
  );
};

const Head = ({ generation }: { generation: AdminGeneration }) => {
  const { mutate, isPending } = useAction(cancelGenerationMutation(generation.id), "Stopping the run");
  return (
    <Block
      title="Request"
      tools={
        !generation.finishedAt &&
        !generation.cancelRequestedAt && (
          <Button variant="danger" size="small" disabled={isPending} onClick={() => mutate()}>
            Stop this run
          </Button>
        )
      }
    >
      <p className="text-sm">
        <StateLabel state={generation.state} />{" "}
        <span className="text-muted">
          {generation.ownerEmail ?? generation.ownerId} · {formatDateTime(generation.createdAt)} ·{" "}
          {costWords(generation)}
        </span>
      </p>
      <p className="mt-2 text-sm break-words whitespace-pre-wrap">{generation.prompt}</p>
      {generation.failure && (
        <p className="mt-2 text-sm text-bad">
          {generation.failure.code}: {generation.failure.detail ?? generation.failure.message}
        </p>
      )}
    </Block>
  );
};

export const Story = ({ id }: { id: string }) => (
  <Loaded query={useQuery(storyQuery(id))}>
    {(data) => (
      <>
        <Head generation={data} />
        <Block title="Attempts">
          {data.tasks.length === 0 && <Nothing>Not started yet</Nothing>}
          <ul>
            {data.tasks.map((task) => (
              <Attempt key={task.attemptId} task={task} />
            ))}
          </ul>
        </Block>
        <Events id={id} />
      </>
    )}
  </Loaded>
);
