import type { FormEvent } from "react";
import type { Platform } from "@leo/core/account.ts";
import { Button } from "../../../components/ui/button.tsx";
import { TextField } from "../../../components/ui/text-field.tsx";
import { formatUsd } from "@leo/core/money.ts";
import { useAction } from "../../../lib/use-action.ts";
import { dayBudgetMutation } from "../api.ts";

/** What all runs of a day may cost together. */
export const DayBudget = ({ platform }: { platform: Platform }) => {
  const { dayBudgetUsd, dayBudgetSettingUsd } = platform;
  const { mutate, isPending } = useAction(dayBudgetMutation, "Daily budget changed");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const text = new FormData(event.currentTarget).get("dayBudgetUsd");
    mutate(typeof text === "string" && text !== "" ? Number(text) : null);
  };
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-3">
      <TextField
        name="dayBudgetUsd"
        label={`Daily budget for all users, in USD (default ${formatUsd(dayBudgetSettingUsd)})`}
        type="number"
        min="0"
        max="999999"
        step="any"
        placeholder={String(dayBudgetSettingUsd)}
        defaultValue={dayBudgetUsd === dayBudgetSettingUsd ? "" : dayBudgetUsd}
        className="min-w-0 flex-1"
      />
      <Button type="submit" disabled={isPending}>
        Save daily budget
      </Button>
    </form>
  );
};
