import { errorMessage } from "../../lib/errors.ts";

/** What went wrong, if anything did, read out at once. */
export const FormError = ({ error }: { error: unknown }) =>
  error ? (
    <p role="alert" className="text-sm text-bad">
      {errorMessage(error)}
    </p>
  ) : null;
