/**
 * Whose a resource is when AWS makes up its id: SST puts the tags `sst:app` and `sst:stage` on everything.
 * What is made must carry the stage's tags, and only what carries them may be changed or deleted.
 */
import type { Place } from "./scope.ts";
import type { Conditions } from "./statement.ts";

const REQUEST = "aws:RequestTag/${TagKey}";
const RESOURCE = "aws:ResourceTag/${TagKey}";

const tags = (key: "RequestTag" | "ResourceTag", { app, stage }: Place): Conditions => ({
  StringEquals: { [`aws:${key}/sst:app`]: app, [`aws:${key}/sst:stage`]: stage },
});

/** The call gives the resource the stage's tags. */
export const requestTags = (place: Place) => tags("RequestTag", place);

/** The resource has the stage's tags. */
export const resourceTags = (place: Place) => tags("ResourceTag", place);

/** Services whose resources have ids instead of names. */
const TAGGED = new Set(["ec2", "elasticloadbalancing", "acm", "servicediscovery"]);

/** Calls that tag: allowed while a resource is being made, and on the stage's own. */
const CREATE_ACTION: Record<string, string> = {
  "ec2:CreateTags": "ec2:CreateAction",
  "elasticloadbalancing:AddTags": "elasticloadbalancing:CreateAction",
};

/** A condition's part of a grant, and why it is wider than the stage, where it is. */
export interface Scope {
  conditions?: Conditions;
  reason?: string;
}

const whileTagging = (createAction: string, type: string, place: Place): Scope[] => [
  { conditions: { Null: { [createAction]: "false" }, ...requestTags(place) } },
  { conditions: resourceTags(place) },
  ...(type === "security-group"
    ? [
        {
          conditions: requestTags(place),
          reason: "A VPC's default security group exists before anything has tagged it.",
        },
      ]
    : []),
];

const whileRequesting = (place: Place): Scope[] => [
  {
    conditions: requestTags(place),
    reason: "ACM has no condition that tells tagging a new certificate from tagging another one.",
  },
  { conditions: resourceTags(place) },
];

/**
 * The conditions under which an action may touch resources of a type: any one of them is enough.
 * @param keys AWS's condition keys for this action on this type
 */
export const tagScopes = (action: string, type: string, keys: Set<string>, place: Place): Scope[] => {
  const [service = "", name = ""] = action.split(":");
  if (!TAGGED.has(service)) return [{}];
  if (action === "acm:AddTagsToCertificate") return whileRequesting(place);
  const createAction = CREATE_ACTION[action];
  if (createAction) return whileTagging(createAction, type, place);
  if (keys.has(REQUEST) && (!keys.has(RESOURCE) || name.startsWith("Create"))) {
    return [{ conditions: requestTags(place) }];
  }
  return [keys.has(RESOURCE) ? { conditions: resourceTags(place) } : {}];
};

/** Whether a call that AWS checks against no resource can be held to the stage's tags. */
export const isTagged = (action: string, keys: string[]): boolean =>
  TAGGED.has(action.split(":")[0] ?? "") && keys.includes(REQUEST);
