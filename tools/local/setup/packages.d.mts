/** Whether what `package-lock.json` in this directory names is what is installed there. */
export function isInstalled(directory: string): boolean;
/** Installs what the benchmarks compare Leo with, unless it is there. Rejects with what npm said. */
export function installRivals(): Promise<void>;
