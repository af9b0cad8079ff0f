import { useMutation, useQuery } from "@tanstack/react-query";
import { Loaded } from "../../../components/loaded.tsx";
import { Button } from "../../../components/ui/button.tsx";
import { FormError } from "../../../components/ui/form-error.tsx";
import { useAction } from "../../../lib/use-action.ts";
import { createShareMutation, revokeShareMutation, sharesQuery } from "../api.ts";
import { NewLink } from "./new-link.tsx";
import { ShareRow } from "./share-row.tsx";

export const SharePanel = ({ appId }: { appId: string }) => {
  const create = useMutation(createShareMutation(appId));
  const revoke = useAction({
    ...revokeShareMutation(appId),
    onSuccess: (_, shareId) => {
      if (create.data?.share.id === shareId) create.reset();
    },
  });
  return (
    <div className="mt-3 flex flex-col gap-3">
      {create.data && <NewLink url={create.data.url} />}
      <Button size="small" disabled={create.isPending} onClick={() => create.mutate()}>
        Create link
      </Button>
      <FormError error={create.error} />
      <Loaded query={useQuery(sharesQuery(appId))}>
        {({ shares }) =>
          shares.length > 0 && (
            <ul aria-label="Active links" className="max-h-56 divide-y divide-line overflow-y-auto">
              {shares.map((share) => (
                <ShareRow
                  key={share.id}
                  share={share}
                  isNew={share.id === create.data?.share.id}
                  isBusy={revoke.isPending && revoke.variables === share.id}
                  onRevoke={() => revoke.mutate(share.id)}
                />
              ))}
            </ul>
          )
        }
      </Loaded>
    </div>
  );
};
