/** Statements of an IAM policy, and how many grants become few statements without allowing more. */
export type Conditions = Record<string, Record<string, string | string[]>>;

/** One permission: an action on ARNs, under conditions. */
export interface Grant {
  action: string;
  resources: string[];
  conditions?: Conditions;
  /**
   * All ARNs of the stage that AWS checks the action against; on any other the action means nothing.
   * Absent where that is not known: such an action shares a statement only with those of the same ARNs.
   */
  checked?: string[];
  /** Why it reaches past the stage's own resources, where it does. */
  reason?: string;
}

export interface Statement {
  Effect: "Allow";
  Action: string[];
  Resource: string[];
  Condition?: Conditions;
}

/** Actions that share a scope, and the ARNs on which one of them would be allowed too much. */
interface Draft {
  actions: Set<string>;
  resources: Set<string>;
  forbidden: Set<string>;
}

const serviceOf = ({ action }: Grant) => action.split(":")[0] ?? "";

const draftOf = (action: string, grants: Grant[]): Draft => {
  const resources = new Set(grants.flatMap((grant) => grant.resources));
  const checked = new Set(grants.flatMap((grant) => grant.checked ?? []));
  return { actions: new Set([action]), resources, forbidden: checked.difference(resources) };
};

const canJoin = (one: Draft, other: Draft) =>
  one.resources.isDisjointFrom(other.forbidden) && other.resources.isDisjointFrom(one.forbidden);

/** Each draft goes to the first that it can join. */
const joinDrafts = (drafts: Draft[]): Draft[] => {
  const joined: Draft[] = [];
  for (const draft of drafts) {
    const index = joined.findIndex((other) => canJoin(draft, other));
    const other = joined[index];
    if (!other) {
      joined.push(draft);
      continue;
    }
    joined[index] = {
      actions: other.actions.union(draft.actions),
      resources: other.resources.union(draft.resources),
      forbidden: other.forbidden.union(draft.forbidden),
    };
  }
  return joined;
};

const draftsOf = (grants: Grant[]): Draft[] => {
  const byAction = Map.groupBy(grants, ({ action }) => action);
  return joinDrafts([...byAction].map(([action, same]) => draftOf(action, same)));
};

/** Grants become statements by their conditions, and by what may stand side by side; order does not matter. */
export const mergeGrants = (grants: Grant[]): Statement[] => {
  const groups = Map.groupBy(grants, (grant) =>
    JSON.stringify([
      grant.conditions ?? {},
      grant.checked ? serviceOf(grant) : [...new Set(grant.resources)].toSorted(),
    ]),
  );
  const statements = [...groups.values()].flatMap((group) =>
    draftsOf(group).map(({ actions, resources }): Statement => ({
      Effect: "Allow",
      Action: [...actions].toSorted(),
      Resource: [...resources].toSorted(),
      ...(group[0]?.conditions ? { Condition: group[0].conditions } : {}),
    })),
  );
  return statements.toSorted((a, b) => (a.Action[0] ?? "").localeCompare(b.Action[0] ?? ""));
};
