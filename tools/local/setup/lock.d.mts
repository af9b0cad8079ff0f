/** Lets one set-up of this checkout run at a time. */
export function withSetupLock<T>(work: () => Promise<T>): Promise<T>;
