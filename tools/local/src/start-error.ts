/** A reason not to start that a person can act on: the entry prints its message, without a stack. */
export class StartError extends Error {
  override name = "StartError";
}
