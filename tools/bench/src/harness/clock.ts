/** Milliseconds of the machine's monotonic clock: the same in every process, so that times can be compared. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;
