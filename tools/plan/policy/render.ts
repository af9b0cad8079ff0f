import { MANAGED_POLICY_CHARS, type PolicyDocument, sizeChars } from "./documents.ts";
import type { Grant } from "./statement.ts";

export interface DeployerPolicy {
  /** Documents are called `{name}-1`, `{name}-2`, … */
  name: string;
  documents: PolicyDocument[];
  grants: Grant[];
}

/** Actions that reach past the stage's own resources, by the reason. */
const unscoped = ({ grants }: DeployerPolicy): { reason: string; actions: string[] }[] => {
  const reasoned = grants.filter(({ reason }) => reason !== undefined);
  return [...Map.groupBy(reasoned, ({ reason }) => reason ?? "")].map(([reason, same]) => ({
    reason,
    actions: [...new Set(same.map(({ action }) => action))].toSorted(),
  }));
};

const named = ({ name, documents }: DeployerPolicy) =>
  documents.map((document, index) => ({ name: `${name}-${index + 1}`, document }));

export const jsonOf = (policy: DeployerPolicy): string =>
  JSON.stringify({ documents: named(policy), unscoped: unscoped(policy) }, undefined, 2);

const wrapped = (words: string[], widthChars: number): string[] => {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= widthChars)
      lines.splice(-1, 1, `${last} ${word}`);
    else lines.push(word);
  }
  return lines;
};

/** The documents, each with its name and size, and then what AWS does not let anybody scope. */
export const renderPolicy = (policy: DeployerPolicy): string => {
  const documents = named(policy).flatMap(({ name, document }) => [
    `${name}, ${sizeChars(document)} of ${MANAGED_POLICY_CHARS} characters:`,
    JSON.stringify(document, undefined, 2),
    "",
  ]);
  const wider = unscoped(policy).flatMap(({ reason, actions }) => [
    reason,
    ...wrapped(actions, 110).map((line) => `  ${line}`),
  ]);
  return [...documents, "Reaches past the stage:", ...wider].join("\n");
};
