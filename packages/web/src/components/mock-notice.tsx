import { Popover } from "@base-ui/react/popover";
import { useConfig } from "../lib/config.ts";

const EXPLANATION =
  "A script stands in for Claude. It really builds a few kinds of apps, but it doesn't understand requests.";
const REMEDY = "To use Claude, set CLAUDE_CODE_OAUTH_TOKEN or ANTHROPIC_API_KEY and restart Leo.";

/** One line under the prompt that says what to expect of a model that isn't Anthropic's own service. */
export const MockNotice = () => {
  const { modelIsMock, modelEndpoint } = useConfig();
  if (!modelIsMock) {
    return modelEndpoint && <p className="text-xs text-muted">Using the model at {modelEndpoint}.</p>;
  }
  return (
    <p className="max-w-[75ch] text-xs text-pretty text-muted">
      <strong className="font-medium text-accent">Demo model.</strong> {EXPLANATION} {REMEDY}
    </p>
  );
};

/** The same as a label that explains itself when opened, where room is short. */
export const MockBadge = () => {
  const { modelIsMock, modelEndpoint } = useConfig();
  if (!modelIsMock) {
    return (
      modelEndpoint && (
        <span
          title={`Using the model at ${modelEndpoint}`}
          className="max-w-40 truncate rounded-full bg-accent-soft px-2 py-0.5 text-2xs font-medium text-accent"
        >
          {modelEndpoint}
        </span>
      )
    );
  }
  return (
    <Popover.Root>
      <Popover.Trigger className="rounded-full bg-accent-soft px-2 py-0.5 text-2xs font-medium whitespace-nowrap text-accent">
        Demo<span className="max-sm:sr-only"> model</span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} className="z-50">
          <Popover.Popup className="max-w-72 rounded-lg border border-line bg-surface p-3 text-xs shadow-float outline-none">
            <Popover.Title className="font-medium">Demo model</Popover.Title>
            <Popover.Description className="mt-1 text-muted">
              {EXPLANATION} {REMEDY}
            </Popover.Description>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
};
