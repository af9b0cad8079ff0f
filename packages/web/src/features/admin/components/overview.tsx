import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Platform } from "@leo/core/account.ts";
import type { AdminOverview } from "@leo/core/admin.ts";
import { Loaded } from "../../../components/loaded.tsx";
import { Button } from "../../../components/ui/button.tsx";
import { TextField } from "../../../components/ui/text-field.tsx";
import { formatAgo, formatTime, formatCount, plural } from "../../../lib/format.ts";
import { formatUsd } from "@leo/core/money.ts";
import { useAction } from "../../../lib/use-action.ts";
import { intakeMutation, launchesMutation, overviewQuery } from "../api.ts";
import { Block, Figure, Nothing } from "./block.tsx";
import { DayBudget } from "./day-budget.tsx";

const Figures = ({ data }: { data: AdminOverview }) => {
  const { platform, states, vcpus, orphansToday } = data;
  return (
    <dl className="grid grid-cols-2 gap-4 sm:grid-cols-4">
      <Figure label="Running" value={formatCount(states.starting + states.running + states.finalizing)} />
      <Figure
        label={data.oldestQueuedAt ? `Queued, oldest ${formatAgo(data.oldestQueuedAt)}` : "Queued"}
        value={formatCount(states.queued)}
      />
      <Figure label="vCPUs" value={`${vcpus.inUse} of ${vcpus.budget}`} />
      <Figure label="Completed today" value={formatCount(data.completedToday)} />
      <Figure
        label={`Model cost today (limit ${formatUsd(platform.dayBudgetUsd)})`}
        value={formatUsd(platform.today.spentUsd)}
      />
      <Figure label="Charged to users today" value={formatUsd(platform.today.chargedUsd)} />
      <Figure label="Reserved" value={formatUsd(platform.today.reservedUsd)} />
      <Figure label="Orphans found today" value={`${orphansToday.found}, ${orphansToday.stopped} stopped`} />
    </dl>
  );
};

const launchWords = ({ launchesPaused, modelFault }: Platform): string => {
  if (launchesPaused) return "Launches are paused. Requests wait in the queue.";
  if (!modelFault) return "Queued runs start as capacity frees up.";
  const { message, since, nextTryAt } = modelFault;
  return `Launches have been paused since ${formatTime(since)}. ${message} One run retries at ${formatTime(nextTryAt)}.`;
};

const Switches = ({ platform }: Pick<AdminOverview, "platform">) => {
  const [message, setMessage] = useState("");
  const intake = useAction(intakeMutation, "Saved");
  const isPaused = platform.launchesPaused || platform.modelFault !== undefined;
  const launches = useAction(launchesMutation, "Saved");
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-end gap-3">
        {platform.intakeOpen ? (
          <>
            <TextField
              label="Message to users"
              placeholder="Back at noon."
              value={message}
              maxLength={500}
              onChange={(event) => setMessage(event.target.value)}
              className="min-w-0 flex-1"
            />
            <Button
              variant="danger"
              disabled={intake.isPending}
              onClick={() => intake.mutate({ open: false, ...(message.trim() && { message }) })}
            >
              Stop new requests
            </Button>
          </>
        ) : (
          <>
            <p className="min-w-0 flex-1 text-sm text-muted">
              New requests are stopped{platform.intakeMessage ? `: ${platform.intakeMessage}` : "."}
            </p>
            <Button disabled={intake.isPending} onClick={() => intake.mutate({ open: true })}>
              Accept new requests
            </Button>
          </>
        )}
      </div>
      <div className="flex flex-wrap items-center gap-3">
        <p className="min-w-0 flex-1 text-sm text-muted">{launchWords(platform)}</p>
        <Button disabled={launches.isPending} onClick={() => launches.mutate(!isPaused)}>
          {isPaused ? "Resume launches" : "Pause launches"}
        </Button>
      </div>
      <DayBudget platform={platform} />
    </div>
  );
};

export const Overview = () => (
  <Loaded query={useQuery(overviewQuery)}>
    {(data) => (
      <>
        <Block title="Now">
          <Figures data={data} />
        </Block>
        <Block title="Switches">
          <Switches platform={data.platform} />
        </Block>
        <Block title="Failures today">
          {data.failuresToday.length === 0 && <Nothing>None</Nothing>}
          <ul className="flex flex-col gap-1 text-sm">
            {data.failuresToday.map(({ code, count }) => (
              <li key={code}>
                <span className="font-mono text-xs">{code}</span>{" "}
                <span className="text-muted">{plural(count, "run")}</span>
              </li>
            ))}
          </ul>
        </Block>
      </>
    )}
  </Loaded>
);
