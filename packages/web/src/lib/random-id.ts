/** A random UUID, on plain HTTP too, where browsers have no `crypto.randomUUID`. */
export { v4 as randomId } from "uuid";
