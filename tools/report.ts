/** Prints what a command found out, or why it could not, without a stack; exits 1 in that case. */
export const printOrFail = async (work: () => Promise<string>): Promise<void> => {
  try {
    process.stdout.write(`${await work()}\n`);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
};

/** Prints warnings beside a command's result, so that the result alone can be piped. */
export const warn = (sentences: string[]): void => {
  for (const sentence of sentences) process.stderr.write(`Warning: ${sentence}\n`);
};
