import { getRouteApi } from "@tanstack/react-router";
import { Empty } from "../../components/empty.tsx";
import { Select } from "../../components/ui/select.tsx";
import { ChangesPanel } from "../../features/diff/components/changes-panel.tsx";
import { hasFiles, versionBefore, versionName } from "../../features/version/numbered.ts";
import { useSetSearch, type Selection } from "./use-workspace.ts";

const route = getRouteApi("/apps/$appId");

const ChangesTab = ({ selection }: { selection: Selection }) => {
  const { base } = route.useSearch();
  const setSearch = useSetSearch();
  const { shown, versions } = selection;
  const others = versions.filter((other) => hasFiles(other) && other.generation.id !== shown?.generation.id);
  if (!shown || !hasFiles(shown) || others.length === 0) {
    return (
      <Empty title="Nothing to compare yet">
        {shown && hasFiles(shown)
          ? "This is the app's only version. Ask for a change, and its differences show up here."
          : "When a run ends, its changes show up here."}
      </Empty>
    );
  }
  const before = versionBefore(versions, shown);
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
          {versionName(shown.number)} against
          <Select
            label="Compare with"
            value={chosen.generation.id}
            onChange={(next) => setSearch({ base: next })}
            options={others.toReversed().map(({ generation, number }) => ({
              value: generation.id,
              label: versionName(number),
            }))}
          />
        </label>
      }
    />
  );
};
export default ChangesTab;
