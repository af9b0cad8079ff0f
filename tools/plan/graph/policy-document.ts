/** `aws.iam.getPolicyDocument` as the AWS provider renders it. */
export interface StatementInput {
  sid?: string;
  effect?: string;
  actions: string[];
  resources?: string[];
  principals?: { type: string; identifiers: string[] }[];
  conditions?: { test: string; variable: string; values: string[] }[];
}

const one = (values: string[]) => (values.length === 1 ? values[0] : values);

const renderPrincipals = (principals: NonNullable<StatementInput["principals"]>) =>
  principals.every(({ type }) => type === "*")
    ? "*"
    : Object.fromEntries(principals.map(({ type, identifiers }) => [type, one(identifiers)]));

const renderConditions = (conditions: NonNullable<StatementInput["conditions"]>) => {
  const rendered: Record<string, Record<string, string | string[] | undefined>> = {};
  for (const { test, variable, values } of conditions) {
    rendered[test] = { ...rendered[test], [variable]: one(values) };
  }
  return rendered;
};

const renderStatement = ({ sid, effect, actions, resources, principals, conditions }: StatementInput) => ({
  ...(sid ? { Sid: sid } : {}),
  Effect: effect ?? "Allow",
  ...(principals?.length ? { Principal: renderPrincipals(principals) } : {}),
  Action: one(actions),
  ...(resources?.length ? { Resource: one(resources) } : {}),
  ...(conditions?.length ? { Condition: renderConditions(conditions) } : {}),
});

export const policyJson = (statements: StatementInput[] = []) =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements.map(renderStatement) });
