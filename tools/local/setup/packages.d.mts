/** Whether what `package-lock.json` in this directory names is what is installed there. */
export function isInstalled(directory: string): boolean;
