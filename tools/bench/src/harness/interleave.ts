/**
 * Runs every contender once per round, in turn, so that whatever else the machine does meets all of
 * them alike: ABC ABC ABC, never all of A before all of B.
 * @returns each contender's measurements, one per round
 */
export const interleave = async <Name extends string, Measured>(
  contenders: Record<Name, () => Promise<Measured>>,
  rounds: number,
): Promise<Record<Name, Measured[]>> => {
  const entries = Object.entries(contenders) as [Name, () => Promise<Measured>][];
  const measured = Object.fromEntries(entries.map(([name]) => [name, [] as Measured[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, run] of entries) measured[name]?.push(await run());
  }
  return measured as Record<Name, Measured[]>;
};
