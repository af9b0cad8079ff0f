import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { AdminGeneration, AdminGenerationFilter } from "@leo/core/admin.ts";
import { StateLabel } from "../../../components/state-label.tsx";
import { Segmented } from "../../../components/ui/segmented.tsx";
import { formatAgo } from "../../../lib/format.ts";
import { generationsQuery } from "../api.ts";
import { costWords } from "../cost-words.ts";
import { Block, Items } from "./block.tsx";

const FILTERS = [
  { value: "live", label: "Active" },
  { value: "queued", label: "Queued" },
  { value: "failed", label: "Failed" },
  { value: "ended", label: "Ended" },
] as const;

const Row = ({ generation }: { generation: AdminGeneration }) => {
  const task = generation.tasks.at(-1);
  return (
    <li className="flex flex-wrap items-baseline gap-x-3 gap-y-1 border-t border-line py-2.5 text-sm first:border-t-0">
      <StateLabel state={generation.state} />
      <Link
        to="/admin/generations/$id"
        params={{ id: generation.id }}
        className="min-w-0 truncate font-medium underline-offset-2 hover:underline"
      >
        {generation.appName}
      </Link>
      <span className="min-w-0 truncate text-muted">{generation.ownerEmail ?? generation.ownerId}</span>
      <span className="text-xs text-muted tabular-nums">
        {formatAgo(generation.createdAt)} · {costWords(generation)} · attempt {generation.attempt}
        {generation.failure && ` · ${generation.failure.code}`}
      </span>
      {task?.taskArn && <span className="w-full truncate font-mono text-xs text-faint">{task.taskArn}</span>}
    </li>
  );
};

export const Generations = () => {
  const [filter, setFilter] = useState<AdminGenerationFilter>("live");
  return (
    <Block
      title="Runs and tasks"
      tools={<Segmented label="Filter runs" value={filter} onChange={setFilter} options={FILTERS} />}
    >
      <Items
        query={useQuery(generationsQuery(filter))}
        itemsOf={({ generations }) => generations}
        none="No runs"
        render={(generation) => <Row key={generation.id} generation={generation} />}
      />
    </Block>
  );
};
