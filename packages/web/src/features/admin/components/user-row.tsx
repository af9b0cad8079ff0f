import { useId, useState, type FormEvent } from "react";
import type { UserLimits, UserRecord } from "@leo/core/account.ts";
import { Button } from "../../../components/ui/button.tsx";
import { TextField } from "../../../components/ui/text-field.tsx";
import { formatAgo } from "../../../lib/format.ts";
import { formatUsd } from "@leo/core/money.ts";
import { resumeUser, setLimits, suspendUser } from "../api/admin.ts";
import { useChange } from "../use-change.ts";

const LIMITS: [key: keyof UserLimits, label: string, step: string][] = [
  ["runningPerUser", "Runs at once", "1"],
  ["queuedPerUser", "In the queue", "1"],
  ["generationsPerDay", "Requests a day", "1"],
  ["generationBudgetUsd", "USD a run", "any"],
  ["dayBudgetUsd", "USD a day", "any"],
];

const LimitsForm = ({ user }: { user: UserRecord }) => {
  const { mutate, isPending } = useChange(
    (limits: Partial<Record<keyof UserLimits, number | null>>) => setLimits(user.id, limits),
    "Limits changed",
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const given = LIMITS.map(([key]) => {
      const text = form.get(key);
      return [key, typeof text === "string" && text !== "" ? Number(text) : null] as const;
    });
    mutate(Object.fromEntries(given));
  };
  return (
    <form onSubmit={submit} className="mt-3 grid grid-cols-2 gap-3 sm:grid-cols-5">
      {LIMITS.map(([key, label, step]) => (
        <TextField
          key={key}
          name={key}
          label={label}
          type="number"
          min="0"
          step={step}
          placeholder={String(user.limits[key])}
          defaultValue={user.own.includes(key) ? user.limits[key] : ""}
        />
      ))}
      <p className="col-span-2 text-xs text-faint sm:col-span-4">Leave a field empty to use the default.</p>
      <Button type="submit" size="small" disabled={isPending}>
        Save limits
      </Button>
    </form>
  );
};

const SuspendForm = ({ user }: { user: UserRecord }) => {
  const [reason, setReason] = useState("");
  const suspend = useChange(() => suspendUser(user.id, reason), "User suspended");
  const resume = useChange(() => resumeUser(user.id), "User resumed");
  if (user.suspended)
    return (
      <div className="mt-3 flex flex-wrap items-center gap-3 text-sm">
        <p className="min-w-0 flex-1 text-muted">Suspended: {user.suspended.reason}</p>
        <Button size="small" disabled={resume.isPending} onClick={() => resume.mutate()}>
          Resume
        </Button>
      </div>
    );
  return (
    <form
      className="mt-3 flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        suspend.mutate();
      }}
    >
      <TextField
        label="Reason shown to the user"
        required
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        className="min-w-0 flex-1"
      />
      <Button type="submit" variant="danger" disabled={suspend.isPending}>
        Suspend
      </Button>
    </form>
  );
};

export const UserRow = ({ user }: { user: UserRecord }) => {
  const [open, setOpen] = useState(false);
  const id = useId();
  const name = user.email ?? user.id;
  return (
    <li className="border-t border-line py-2.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
        <span className="min-w-0 flex-1 truncate font-medium">{name}</span>
        <span className="text-xs text-muted tabular-nums">
          {user.suspended && <span className="text-bad">suspended · </span>}
          {user.running} at work · {user.queued} queued · {formatUsd(user.today.spentUsd)} charged today ·{" "}
          {formatAgo(user.lastSeenAt)}
        </span>
        <Button
          size="small"
          aria-expanded={open}
          aria-controls={id}
          aria-label={`Change ${name}`}
          onClick={() => setOpen(!open)}
        >
          Change
        </Button>
      </div>
      <div id={id} hidden={!open}>
        <LimitsForm user={user} />
        <SuspendForm user={user} />
      </div>
    </li>
  );
};
