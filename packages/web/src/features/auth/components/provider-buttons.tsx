import type { Provider } from "@supabase/auth-js";
import { useMutation } from "@tanstack/react-query";
import { Button } from "../../../components/ui/button.tsx";
import { FormError } from "../../../components/ui/form-error.tsx";
import { providerSignInMutation } from "../api.ts";

interface ProviderButtonsProps {
  providers: readonly { id: Provider; name: string }[];
}

export const ProviderButtons = ({ providers }: ProviderButtonsProps) => {
  const { mutate, isPending, error } = useMutation(providerSignInMutation);
  return (
    <div className="flex flex-col gap-2">
      {providers.map(({ id, name }) => (
        <Button key={id} className="w-full" disabled={isPending} onClick={() => mutate(id)}>
          Continue with {name}
        </Button>
      ))}
      <FormError error={error} />
    </div>
  );
};
