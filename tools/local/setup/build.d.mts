/** Builds the web UI when a source is newer than what was built. */
export function buildWeb(): Promise<void>;
/** Builds the programs of a generator's task when a source is newer than what was built. */
export function buildGenerator(): Promise<void>;
