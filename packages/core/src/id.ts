import { z } from "zod";
import { v7 } from "uuid";

/** Every row, object and host name is keyed by a UUID. Version 7 sorts by creation time. */
export const Id = z.uuid();
export type Id = z.infer<typeof Id>;

/** A new time-ordered id. */
export const newId = (): Id => v7();
