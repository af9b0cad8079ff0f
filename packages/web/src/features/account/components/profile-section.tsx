import { useMutation } from "@tanstack/react-query";
import { toast } from "sonner";
import { Button } from "../../../components/ui/button.tsx";
import { useConfig } from "../../../lib/config.ts";
import { errorMessage } from "../../../lib/errors.ts";
import { useSession } from "../../../lib/session.ts";
import { signOut } from "../../auth/api/sign-out.ts";
import { Section } from "./section.tsx";

export const ProfileSection = () => {
  const session = useSession();
  const { mode } = useConfig();
  const { mutate, isPending } = useMutation({
    mutationFn: signOut,
    onError: (error) => toast.error(errorMessage(error)),
  });
  return (
    <Section title="Signed in">
      <p className="text-sm break-all">{session?.user.email}</p>
      {mode === "local" && (
        <p className="mt-1 text-xs text-faint">The local user. Apps and files stay on this computer.</p>
      )}
      <Button size="small" className="mt-3" disabled={isPending} onClick={() => mutate()}>
        Sign out
      </Button>
    </Section>
  );
};
