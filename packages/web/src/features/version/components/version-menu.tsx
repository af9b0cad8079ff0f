import { useNavigate } from "@tanstack/react-router";
import { Copy, Ellipsis, GitBranchPlus } from "lucide-react";
import { toast } from "sonner";
import { IconButton } from "../../../components/ui/icon-button.tsx";
import { Menu, MenuItem } from "../../../components/ui/menu.tsx";
import { useAction } from "../../../lib/use-action.ts";
import { useIdempotencyKey } from "../../../lib/use-idempotency-key.ts";
import { versionName } from "../numbered.ts";
import { forkVersionMutation } from "../api.ts";

interface VersionMenuProps {
  generationId: string;
  /** Undefined for a draft, which can be continued from and not be copied. */
  number: number | undefined;
  /** Absent for the newest, from which the next request starts anyway. */
  onContinue: (() => void) | undefined;
}

/** Other ways to go on from a version. */
export const VersionMenu = ({ generationId, number, onContinue }: VersionMenuProps) => {
  const navigate = useNavigate();
  const { keyFor, done } = useIdempotencyKey();
  const { mutate: fork, isPending } = useAction({
    ...forkVersionMutation(generationId),
    onSuccess: async ({ app }) => {
      done();
      await navigate({ to: "/apps/$appId", params: { appId: app.id }, search: {} });
      toast(`Copied to “${app.name}”`);
    },
  });
  return (
    <Menu
      label={versionName(number)}
      trigger={
        <IconButton label={`More actions for ${versionName(number).toLowerCase()}`}>
          <Ellipsis className="size-4" aria-hidden="true" />
        </IconButton>
      }
    >
      {onContinue && (
        <MenuItem icon={<GitBranchPlus className="size-4" aria-hidden="true" />} onClick={onContinue}>
          Continue from here
        </MenuItem>
      )}
      {number !== undefined && (
        <MenuItem
          icon={<Copy className="size-4" aria-hidden="true" />}
          disabled={isPending}
          onClick={() => fork(keyFor(generationId))}
        >
          Copy to new app
        </MenuItem>
      )}
    </Menu>
  );
};
