import { Button } from "../../../components/ui/button.tsx";
import { useConfig } from "../../../lib/config.ts";
import { useSession } from "../../../lib/session.ts";
import { useAction } from "../../../lib/use-action.ts";
import { signOutMutation } from "../../auth/api.ts";
import { Section } from "./section.tsx";

export const ProfileSection = () => {
  const session = useSession();
  const { mode } = useConfig();
  const { mutate, isPending } = useAction(signOutMutation);
  return (
    <Section title="Signed in">
      <p className="text-sm break-all">{session?.user.email}</p>
      {mode === "local" && (
        <p className="mt-1 text-xs text-faint">Local user. Your apps and files stay on this computer.</p>
      )}
      <Button size="small" className="mt-3" disabled={isPending} onClick={() => mutate()}>
        Sign out
      </Button>
    </Section>
  );
};
