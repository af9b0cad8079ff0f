import { Markdown } from "../../../components/markdown.tsx";
import { Button } from "../../../components/ui/button.tsx";

interface PlanCardProps {
  text: string;
  /** Absent once the plan has been answered. */
  onAccept?: () => void;
  onEdit?: () => void;
}

export const PlanCard = ({ text, onAccept, onEdit }: PlanCardProps) => (
  <section aria-label="Proposed plan" className="rounded-lg border border-line bg-surface px-3.5 py-3">
    <h3 className="mb-1.5 text-xs font-medium text-muted">Proposed plan</h3>
    <Markdown text={text} streaming={false} />
    {onAccept && onEdit && (
      <div className="mt-3 flex gap-2">
        <Button variant="primary" size="small" onClick={onAccept}>
          Build this plan
        </Button>
        <Button size="small" onClick={onEdit}>
          Change the plan
        </Button>
      </div>
    )}
  </section>
);
