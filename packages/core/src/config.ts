import type { z } from "zod";

/** All settings that are missing or wrong. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/**
 * Parses a process's environment.
 * @param schema one zod object whose keys are the variables' names
 * @param env usually `process.env`; empty strings count as unset
 * @throws ConfigError with one line for each variable that is missing or wrong
 */
export const parseConfig = <S extends z.ZodType>(
  schema: S,
  env: Record<string, string | undefined>,
): z.infer<S> => {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = schema.safeParse(present);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message, code }) => {
    const name = path.join(".");
    const missing = code === "invalid_type" && present[String(path[0])] === undefined;
    return `  ${name}: ${missing ? "is not set" : message}`;
  });
  throw new ConfigError(`These settings are missing or wrong:\n${lines.join("\n")}`);
};
