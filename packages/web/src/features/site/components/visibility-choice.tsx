import type { SiteVisibility } from "@leo/core/site.ts";
import { Segmented } from "../../../components/ui/segmented.tsx";

const OPTIONS = [
  { value: "public", label: "Everyone" },
  { value: "link", label: "People with the link" },
] as const;

interface VisibilityChoiceProps {
  value: SiteVisibility;
  onChange: (value: SiteVisibility) => void;
}

export const VisibilityChoice = ({ value, onChange }: VisibilityChoiceProps) => (
  <div className="flex flex-wrap items-center justify-between gap-2">
    <span className="text-xs font-medium text-muted" aria-hidden="true">
      Who can open it
    </span>
    <Segmented label="Who can open it" value={value} onChange={onChange} options={OPTIONS} />
  </div>
);
