import type { Generation } from "@leo/core/generation.ts";

export interface NumberedGeneration {
  generation: Generation;
  /** 1 for the app's first completed generation; undefined for one that made no version. */
  number: number | undefined;
}

/** Whether there are files to look at: a version's, or the draft of a run that did not complete. */
export const hasFiles = ({ generation, number }: NumberedGeneration): boolean =>
  number !== undefined || generation.hasDraft === true;

/** The version or draft before one of an app's, which are given oldest first. */
export const versionBefore = (
  versions: readonly NumberedGeneration[],
  { generation: { id } }: NumberedGeneration,
): NumberedGeneration | undefined =>
  versions
    .slice(
      0,
      versions.findIndex(({ generation }) => generation.id === id),
    )
    .findLast(hasFiles);

/**
 * What a copy came from: "Restored from version 1", or "Copied from another app". Nobody asked for it in words,
 * whatever its `prompt` says, which is that of the version copied.
 */
export const copyWords = (
  { copiedFromId }: Generation,
  versions: readonly NumberedGeneration[],
): string | undefined => {
  if (copiedFromId === undefined) return undefined;
  const source = versions.find(({ generation }) => generation.id === copiedFromId);
  return source?.number === undefined ? "Copied from another app" : `Restored from version ${source.number}`;
};

/** What people call it: `Version 3`, or `Draft`. */
export const versionName = (number: number | undefined): string =>
  number === undefined ? "Draft" : `Version ${number}`;

/** Numbers the versions among an app's generations, which are given oldest first. */
export const numberVersions = (generations: readonly Generation[]): NumberedGeneration[] => {
  let number = 0;
  return generations.map((generation) => {
    if (generation.state !== "completed") return { generation, number: undefined };
    number += 1;
    return { generation, number };
  });
};
