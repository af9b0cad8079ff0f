/** A policy in as many documents as IAM's limit for a managed policy asks for. */
import type { Statement } from "./statement.ts";

/** Characters of a managed policy, white space not counted. */
export const MANAGED_POLICY_CHARS = 6_144;

export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: Statement[];
}

const documentOf = (statements: Statement[]): PolicyDocument => ({
  Version: "2012-10-17",
  Statement: statements,
});

/** As IAM counts it. No action, ARN or condition contains white space. */
export const sizeChars = (document: PolicyDocument): number => JSON.stringify(document).length;

/** Halves a statement that would not fit into a document by itself: either its ARNs or its actions. */
const halves = (statement: Statement): Statement[] => {
  if (sizeChars(documentOf([statement])) <= MANAGED_POLICY_CHARS) return [statement];
  const field = statement.Resource.length > 1 ? "Resource" : "Action";
  const values = statement[field];
  if (values.length < 2) throw new Error(`One statement is larger than a policy may be: ${values.join()}`);
  const middle = Math.ceil(values.length / 2);
  return [values.slice(0, middle), values.slice(middle)].flatMap((part) =>
    halves({ ...statement, [field]: part }),
  );
};

/** Fills documents one after the other, the largest statements first, each with the first that has room. */
export const splitIntoDocuments = (statements: Statement[]): PolicyDocument[] => {
  const bySize = statements
    .flatMap(halves)
    .toSorted((a, b) => JSON.stringify(b).length - JSON.stringify(a).length);
  const documents: PolicyDocument[] = [];
  for (const statement of bySize) {
    const fitting = documents.find(
      ({ Statement }) => sizeChars(documentOf([...Statement, statement])) <= MANAGED_POLICY_CHARS,
    );
    if (fitting) fitting.Statement.push(statement);
    else documents.push(documentOf([statement]));
  }
  return documents;
};
