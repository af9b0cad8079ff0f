export interface ByteRange {
  start: number;
  /** The last byte, inclusive. */
  end: number;
}

/**
 * Reads a Range header (RFC 9110) of one range.
 * @returns the range within the file, `unsatisfiable`, or undefined to send the whole file: no
 * header, several ranges, or a malformed one
 */
export const parseRange = (
  header: string | undefined,
  sizeBytes: number,
): ByteRange | "unsatisfiable" | undefined => {
  const [, first = "", last = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? "unsatisfiable" : { start: sizeBytes - length, end: sizeBytes - 1 };
  }
  const start = Number(first);
  const end = last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (last !== "" && Number(last) < start) return undefined;
  return start >= sizeBytes ? "unsatisfiable" : { start, end };
};

/** Whether an If-None-Match header names this entity tag (weak comparison). */
export const matchesTag = (header: string | undefined, tag: string) =>
  header !== undefined &&
  (header.trim() === "*" ||
    header.split(",").some((candidate) => candidate.trim().replace(/^W\//, "") === tag));
