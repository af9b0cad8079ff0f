import type { Usage } from "@leo/core/api.ts";
import { formatDay, plural } from "../../../lib/format.ts";
import { formatUsd } from "@leo/core/money.ts";

type Day = Usage["days"][number];

const WIDTH = 600;
const HEIGHT = 120;
const GAP_SHARE = 0.25;
/** A day with requests that cost next to nothing can still be seen. */
const MIN_BAR = 2;

const Bars = ({ days, maxUsd }: { days: readonly Day[]; maxUsd: number }) => {
  const step = WIDTH / days.length;
  return days.map(({ day, usd, generations }, index) => {
    const height = generations === 0 && usd === 0 ? 0 : Math.max(MIN_BAR, (usd / maxUsd) * HEIGHT);
    return (
      <rect
        key={day}
        x={index * step + (step * GAP_SHARE) / 2}
        y={HEIGHT - height}
        width={step * (1 - GAP_SHARE)}
        height={height}
        rx={1.5}
        className="fill-ink"
      >
        <title>{`${formatDay(day)}: ${formatUsd(usd)}, ${plural(generations, "request")}`}</title>
      </rect>
    );
  });
};

const DayTable = ({ days }: { days: readonly Day[] }) => (
  <table className="w-full text-left text-xs tabular-nums">
    <thead className="text-faint">
      <tr>
        <th scope="col" className="py-1 font-normal">
          Day
        </th>
        <th scope="col" className="py-1 text-right font-normal">
          Requests
        </th>
        <th scope="col" className="py-1 text-right font-normal">
          Spent
        </th>
      </tr>
    </thead>
    <tbody className="divide-y divide-line border-t border-line">
      {days.map(({ day, usd, generations }) => (
        <tr key={day}>
          <th scope="row" className="py-1 font-normal">
            {formatDay(day)}
          </th>
          <td className="py-1 text-right">{generations}</td>
          <td className="py-1 text-right">{formatUsd(usd)}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

/** What was spent on each day, as bars, and the same as a table for whoever opens it. */
export const UsageChart = ({ days }: { days: readonly Day[] }) => {
  const total = days.reduce((sum, { usd }) => sum + usd, 0);
  const maxUsd = Math.max(...days.map(({ usd }) => usd), Number.EPSILON);
  const [first] = days;
  if (!first) return null;
  const busy = days.filter(({ usd, generations }) => usd > 0 || generations > 0);
  return (
    <figure>
      <figcaption className="flex items-baseline justify-between text-[13px]">
        <span>Last {days.length} days</span>
        <span className="text-muted tabular-nums">{formatUsd(total)}</span>
      </figcaption>
      <svg
        role="img"
        aria-label={`Spent per day over the last ${days.length} days, ${formatUsd(total)} in total. The table below has the numbers.`}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        className="mt-2 h-24 w-full border-b border-line-strong"
      >
        <Bars days={days} maxUsd={maxUsd} />
      </svg>
      <div className="mt-1 flex justify-between text-xs text-faint">
        <span>{formatDay(first.day)}</span>
        {busy.length > 0 && <span>peak {formatUsd(maxUsd)}</span>}
        <span>today</span>
      </div>
      {busy.length > 0 && (
        <details className="mt-3">
          <summary className="w-fit rounded text-xs text-muted hover:text-ink">Show as table</summary>
          <div className="mt-2">
            <DayTable days={busy.toReversed()} />
          </div>
        </details>
      )}
    </figure>
  );
};
