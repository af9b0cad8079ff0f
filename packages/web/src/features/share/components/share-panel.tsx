import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { Button } from "../../../components/ui/button.tsx";
import { FormError } from "../../../components/ui/form-error.tsx";
import { errorMessage } from "../../../lib/errors.ts";
import { createShare, revokeShare, sharesQuery } from "../api/shares.ts";
import { NewLink } from "./new-link.tsx";
import { ShareRow } from "./share-row.tsx";

export const SharePanel = ({ appId }: { appId: string }) => {
  const queryClient = useQueryClient();
  const { data, error, isPending } = useQuery(sharesQuery(appId));
  const refresh = () => queryClient.invalidateQueries({ queryKey: sharesQuery(appId).queryKey });
  const create = useMutation({ mutationFn: () => createShare(appId), onSuccess: refresh });
  const revoke = useMutation({
    mutationFn: (shareId: string) => revokeShare(appId, shareId),
    onSuccess: (_, shareId) => {
      if (create.data?.share.id === shareId) create.reset();
      return refresh();
    },
    onError: (cause) => toast.error(errorMessage(cause)),
  });
  const failure = error ?? create.error;
  return (
    <div className="mt-3 flex flex-col gap-3">
      {create.data && <NewLink url={create.data.url} />}
      <Button size="small" disabled={create.isPending} onClick={() => create.mutate()}>
        Create link
      </Button>
      {failure && <FormError>{errorMessage(failure)}</FormError>}
      {isPending && <p className="text-xs text-faint">Loading links…</p>}
      {data && data.shares.length > 0 && (
        <ul aria-label="Active links" className="max-h-56 divide-y divide-line overflow-y-auto">
          {data.shares.map((share) => (
            <ShareRow
              key={share.id}
              share={share}
              isNew={share.id === create.data?.share.id}
              isBusy={revoke.isPending && revoke.variables === share.id}
              onRevoke={() => revoke.mutate(share.id)}
            />
          ))}
        </ul>
      )}
    </div>
  );
};
