import { Popover } from "@base-ui/react/popover";
import { useConfig } from "../lib/config.ts";

const EXPLANATION =
  "No real model is connected. A script plays the agent: it knows a few kinds of apps and builds them for real, but it does not understand requests.";
const REMEDY = "Set CLAUDE_CODE_OAUTH_TOKEN or ANTHROPIC_API_KEY and start Leo again to use Claude.";

/** One line under the prompt that says what to expect of a scripted model. */
export const MockNotice = () => {
  const { modelIsMock } = useConfig();
  if (!modelIsMock) return null;
  return (
    <p className="text-xs text-pretty text-muted">
      <strong className="font-medium text-accent">Scripted model.</strong> {EXPLANATION} {REMEDY}
    </p>
  );
};

/** The same as a label that explains itself when opened, where room is short. */
export const MockBadge = () => {
  const { modelIsMock } = useConfig();
  if (!modelIsMock) return null;
  return (
    <Popover.Root>
      <Popover.Trigger className="rounded-full bg-accent-soft px-2 py-0.5 text-2xs font-medium whitespace-nowrap text-accent">
        Scripted<span className="max-sm:sr-only"> model</span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} className="z-50">
          <Popover.Popup className="max-w-72 rounded-lg border border-line bg-surface p-3 text-xs shadow-float outline-none">
            <Popover.Title className="font-medium">Scripted model</Popover.Title>
            <Popover.Description className="mt-1 text-muted">
              {EXPLANATION} {REMEDY}
            </Popover.Description>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
};
