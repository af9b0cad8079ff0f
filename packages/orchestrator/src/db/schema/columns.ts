/** The schema itself and the kinds of columns that its tables share. */
import { sql } from "drizzle-orm";
import { numeric, pgSchema, timestamp } from "drizzle-orm/pg-core";

export const leo = pgSchema("leo");

export const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
/** Millionths of a USD are kept. */
export const usd = (name: string) => numeric(name, { precision: 12, scale: 6, mode: "number" });
export const quoted = (values: readonly string[]) => sql.raw(values.map((value) => `'${value}'`).join(", "));
