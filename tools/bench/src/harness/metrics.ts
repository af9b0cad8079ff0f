/** One value of an orchestrator's `/metrics`. @throws when it has none of that name */
export const readMetric = async (url: string, name: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split("\n").find((each) => each.startsWith(`${name} `));
  if (!line) throw new Error(`/metrics has no ${name}`);
  return Number(line.slice(name.length + 1));
};

/** Generators that an orchestrator has welcomed and that are connected now. */
export const connectedGenerators = (url: string): Promise<number> =>
  readMetric(url, 'leo_sockets{kind="generator"}');
