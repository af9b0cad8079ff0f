import type { FormEvent } from "react";
import type { UserLimits, UserRecord } from "@leo/core/account.ts";
import { Button } from "../../../components/ui/button.tsx";
import { TextField } from "../../../components/ui/text-field.tsx";
import { formatAgo } from "../../../lib/format.ts";
import { formatUsd } from "@leo/core/money.ts";
import { useAction } from "../../../lib/use-action.ts";
import { resumeUserMutation, suspendUserMutation, userLimitsMutation } from "../api.ts";
import { Fold } from "./fold.tsx";
import { ReasonForm, ReasonNote } from "./reason-form.tsx";

const LIMITS: [key: keyof UserLimits, label: string, step: string][] = [
  ["runningPerUser", "Concurrent runs", "1"],
  ["queuedPerUser", "Queued runs", "1"],
  ["generationsPerDay", "Requests per day", "1"],
  ["generationBudgetUsd", "USD per run", "any"],
  ["dayBudgetUsd", "USD per day", "any"],
];

const LimitsForm = ({ user }: { user: UserRecord }) => {
  const { mutate, isPending } = useAction(userLimitsMutation(user.id), "Limits changed");
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

const Suspension = ({ user: { id, suspended } }: { user: UserRecord }) => {
  const suspend = useAction(suspendUserMutation(id), "User suspended");
  const resume = useAction(resumeUserMutation(id), "User reinstated");
  if (suspended)
    return (
      <ReasonNote undo="Reinstate" isPending={resume.isPending} onUndo={resume.mutate}>
        {`Suspended: ${suspended.reason}`}
      </ReasonNote>
    );
  return (
    <ReasonForm
      label="Reason shown to the user"
      action="Suspend"
      isPending={suspend.isPending}
      onSubmit={suspend.mutate}
    />
  );
};

export const UserRow = ({ user }: { user: UserRecord }) => {
  const name = user.email ?? user.id;
  return (
    <Fold
      name={name}
      summary={
        <>
          <span className="min-w-0 flex-1 truncate font-medium">{name}</span>
          <span className="text-xs text-muted tabular-nums">
            {user.suspended && <span className="text-bad">suspended · </span>}
            {user.running} running · {user.queued} queued · {formatUsd(user.today.spentUsd)} charged today ·{" "}
            {formatAgo(user.lastSeenAt)}
          </span>
        </>
      }
    >
      <LimitsForm user={user} />
      <Suspension user={user} />
    </Fold>
  );
};
