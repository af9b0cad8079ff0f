import { Meter } from "@base-ui/react/meter";
import { useQuery } from "@tanstack/react-query";
import { Loaded } from "../../../components/loaded.tsx";
import { formatCount, plural } from "../../../lib/format.ts";
import { formatUsd } from "@leo/core/money.ts";
import { useConfig } from "../../../lib/config.ts";
import { usageQuery } from "../api.ts";
import { UsageChart } from "./usage-chart.tsx";
import { Section } from "./section.tsx";

interface BarProps {
  label: string;
  value: number;
  max: number;
  format?: (value: number) => string;
}

const Bar = ({ label, value, max, format = formatCount }: BarProps) => (
  <Meter.Root
    value={value}
    max={Math.max(max, 1)}
    getAriaValueText={() => `${format(value)} of ${format(max)}`}
  >
    <div className="flex items-baseline justify-between text-[13px]">
      <Meter.Label>{label}</Meter.Label>
      <span className="text-muted tabular-nums">
        {format(value)} <span className="text-faint">of {format(max)}</span>
      </span>
    </div>
    <Meter.Track
      data-outline
      className="mt-1.5 h-1.5 overflow-hidden rounded-full bg-sunken ring-1 ring-line ring-inset"
    >
      <Meter.Indicator data-mark className="rounded-full bg-ink transition-[width] duration-300" />
    </Meter.Track>
  </Meter.Root>
);

const Figure = ({ label, value }: { label: string; value: string }) => (
  <div>
    <dt className="text-xs text-faint">{label}</dt>
    <dd className="mt-0.5 text-xl font-semibold tracking-tight tabular-nums">{value}</dd>
  </div>
);

const DEMO =
  "Days start at midnight UTC. The demo model is free; the amounts only show how limits are counted.";

export const UsageSection = () => {
  const { modelIsMock } = useConfig();
  return (
    <Section
      title="Usage"
      description={
        modelIsMock ? DEMO : "Days start at midnight UTC. You aren't charged for failures on Leo's side."
      }
    >
      <Loaded query={useQuery(usageQuery)}>
        {(data) => (
          <div className="flex flex-col gap-6">
            <dl className="grid grid-cols-2 gap-4">
              <Figure label="Spent today" value={formatUsd(data.spentTodayUsd)} />
              <Figure label="Reserved for runs" value={formatUsd(data.reservedTodayUsd)} />
            </dl>
            <UsageChart days={data.days} />
            <div className="flex flex-col gap-4">
              <Bar label="Requests today" value={data.generationsToday} max={data.limits.generationsPerDay} />
              <Bar
                label="Spent and reserved today"
                value={data.spentTodayUsd + data.reservedTodayUsd}
                max={data.limits.dayBudgetUsd}
                format={formatUsd}
              />
              <Bar label="Running now" value={data.running} max={data.limits.runningPerUser} />
              <Bar label="Queued" value={data.queued} max={data.limits.queuedPerUser} />
            </div>
            <p className="text-xs text-pretty text-faint">
              A run can cost up to {formatUsd(data.limits.generationBudgetUsd)}. Versions are kept for{" "}
              {plural(data.limits.retentionDays, "day")}.
            </p>
          </div>
        )}
      </Loaded>
    </Section>
  );
};
