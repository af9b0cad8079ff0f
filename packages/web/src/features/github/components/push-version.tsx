import { clsx } from "clsx";
import { CloudAlert, CloudCheck, CloudUpload, LoaderCircle } from "lucide-react";
import type { Push } from "@leo/core/github.ts";
import { SecretsDialog } from "../../../components/secrets-dialog.tsx";
import { buttonClass } from "../../../components/ui/button.tsx";
import { IconButton } from "../../../components/ui/icon-button.tsx";
import { usePush } from "../use-push.ts";

interface VersionProps {
  appId: string;
  generationId: string;
  number: number;
}

const OnGithub = ({ number, commitUrl }: { number: number; commitUrl: string | undefined }) => (
  <a
    href={commitUrl}
    target="_blank"
    rel="noreferrer"
    title={`Version ${number} on GitHub`}
    aria-label={`Version ${number} on GitHub`}
    className={clsx(buttonClass({ variant: "ghost", size: "icon" }), "text-good")}
  >
    <CloudCheck className="size-4" aria-hidden="true" />
  </a>
);

/** A version's button for pushing it: shows how that stands and does the next thing about it. */
export const PushButton = ({ appId, generationId, number }: VersionProps) => {
  const { latest, mutate, isPending, dialog } = usePush(appId, generationId);
  const isOnItsWay = isPending || latest?.state === "queued" || latest?.state === "running";
  if (latest?.state === "done") return <OnGithub number={number} commitUrl={latest.commitUrl} />;
  if (isOnItsWay) {
    return (
      <IconButton label={`Pushing version ${number} to GitHub`} aria-disabled>
        <LoaderCircle className="size-4 animate-spin" aria-hidden="true" />
      </IconButton>
    );
  }
  const failed = latest?.state === "failed";
  const Icon = failed ? CloudAlert : CloudUpload;
  const label = `Push version ${number} to GitHub${failed ? " again" : ""}`;
  return (
    <>
      <IconButton label={label} className={clsx(failed && "text-bad")} onClick={() => mutate({})}>
        <Icon className="size-4" aria-hidden="true" />
      </IconButton>
      <SecretsDialog {...dialog} confirmLabel="Push anyway" />
    </>
  );
};

const linkClass = "ml-1.5 font-medium underline underline-offset-2";

interface FailureProps {
  failure: NonNullable<Push["failure"]>;
  /** Builds upon the commits of somebody else. */
  onTop: (headSha: string) => void;
  onFindings: () => void;
}

const FailureNote = ({ failure, onTop, onFindings }: FailureProps) => {
  const { code, message, detail, secrets, headSha } = failure;
  return (
    <div className="mt-1 text-xs text-bad">
      Not pushed to GitHub: {message}
      {code === "conflict" && headSha && (
        <button type="button" className={linkClass} onClick={() => onTop(headSha)}>
          Push on top of them
        </button>
      )}
      {secrets && (
        <button type="button" className={linkClass} onClick={onFindings}>
          See what was found
        </button>
      )}
      {detail && (
        <details className="mt-1 text-muted">
          <summary>Details</summary>
          <p className="font-mono break-all whitespace-pre-wrap">{detail}</p>
        </details>
      )}
    </div>
  );
};

/** Why a version was not pushed, and what the person can do about it. Nothing where all is well. */
export const PushNote = ({ appId, generationId }: Omit<VersionProps, "number">) => {
  const { latest, mutate, show, dialog } = usePush(appId, generationId);
  if (!latest?.failure) return null;
  const { failure } = latest;
  return (
    <>
      <FailureNote
        failure={failure}
        onTop={(onTopOf) => mutate({ onTopOf })}
        onFindings={() => failure.secrets && show(failure.secrets, {})}
      />
      <SecretsDialog {...dialog} confirmLabel="Push anyway" />
    </>
  );
};
