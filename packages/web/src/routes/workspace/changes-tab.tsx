import { getRouteApi } from "@tanstack/react-router";
import { Empty } from "../../components/empty.tsx";
import { Select } from "../../components/ui/select.tsx";
import { ChangesPanel } from "../../features/changes/components/changes-panel.tsx";
import { useSetSearch, type Selection } from "./use-workspace.ts";

const route = getRouteApi("/apps/$appId");

const ChangesTab = ({ selection }: { selection: Selection }) => {
  const { base } = route.useSearch();
  const setSearch = useSetSearch();
  const { shown, completed } = selection;
  const others = completed.filter(({ generation }) => generation.id !== shown?.generation.id);
  if (shown?.number === undefined || others.length === 0) {
    return (
      <Empty title="Nothing to compare yet">
        {shown?.number === undefined
          ? "When a version is finished, what it changed is shown here."
          : "This is the app's only version. Ask for a change, and what it changed is shown here."}
      </Empty>
    );
  }
  const before = completed.findLast(({ number }) => (number ?? 0) < (shown.number ?? 0));
  const known = others.find(
    ({ generation }) => generation.id === (base ?? shown.generation.baseGenerationId),
  );
  const chosen = known ?? before ?? others[0];
  if (!chosen) return null;
  return (
    <ChangesPanel
      generationId={shown.generation.id}
      baseGenerationId={chosen.generation.id}
      baseChoice={
        <label className="flex items-center gap-2 text-xs text-muted">
          Version {shown.number} against
          <Select
            label="Compare with"
            value={chosen.generation.id}
            onChange={(next) => setSearch({ base: next })}
            options={others.toReversed().map(({ generation, number }) => ({
              value: generation.id,
              label: `Version ${number}`,
            }))}
          />
        </label>
      }
    />
  );
};
export default ChangesTab;
