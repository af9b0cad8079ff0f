/** The objects of one attempt, or those that cannot belong to any, as a walk through the bucket finds them. */
import type { ListedObject } from "../storage/storage.ts";

/** Where an attempt's objects are: `apps/{appId}/{generationId}/{attempt}/…`. */
const ATTEMPT_KEY = /^apps\/([0-9a-f-]{36})\/([0-9a-f-]{36})\/([1-9]\d{0,5})\/./;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
/** Of one group. A larger group is listed again where all of it is needed. */
const KEPT_OBJECTS = 100;

export interface ObjectGroup {
  /** The prefix of all its keys; for a key no attempt can have, the key itself. */
  prefix: string;
  /** The attempt it would belong to. */
  owner?: { appId: string; generationId: string; attempt: number };
  count: number;
  sizeBytes: number;
  /** The first of its objects: all of them when there are `count`. */
  first: ListedObject[];
  /** The last of its keys. */
  lastKey: string;
}

const groupFor = (key: string): Pick<ObjectGroup, "prefix" | "owner"> => {
  const [whole, appId = "", generationId = "", attempt] = ATTEMPT_KEY.exec(key) ?? [];
  if (whole === undefined || !UUID.test(appId) || !UUID.test(generationId)) return { prefix: key };
  return { prefix: whole.slice(0, -1), owner: { appId, generationId, attempt: Number(attempt) } };
};

/**
 * Groups objects that arrive in key order. A group ends at the first key of another group, or at `maxCount`
 * objects; the next group then holds the rest.
 */
export async function* grouped(
  objects: AsyncIterable<ListedObject>,
  maxCount: number,
): AsyncGenerator<ObjectGroup> {
  let group: ObjectGroup | undefined;
  for await (const object of objects) {
    const next = groupFor(object.key);
    if (group && (group.prefix !== next.prefix || group.count === maxCount)) {
      yield group;
      group = undefined;
    }
    group ??= { ...next, count: 0, sizeBytes: 0, first: [], lastKey: object.key };
    group.count += 1;
    group.sizeBytes += object.sizeBytes;
    group.lastKey = object.key;
    if (group.first.length < KEPT_OBJECTS) group.first.push(object);
  }
  if (group) yield group;
}
