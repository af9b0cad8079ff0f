import type { Mark } from "./table.ts";

/** Its value is the container's home, in the environment of all its processes: how they are found again. */
export const HOME_VARIABLE = "LEO_LOCAL_TASK";

/** Marks everything that was started below a work directory or, with a home, by one container. */
export const containerMark = (directory: string): Mark => ({
  environment: `${HOME_VARIABLE}=${directory}`,
  directory,
});
