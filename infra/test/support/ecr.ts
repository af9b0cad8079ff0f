/**
 * A small ECR: a repository's images, and its lifecycle policy as AWS documents its evaluation. Every rule
 * picks from all images, as if nothing had expired yet; an image that a rule's tags match can be expired by
 * that rule alone among those after it; and a manifest cannot be expired while an index names it.
 */
export interface StoredImage {
  digest: string;
  tags: string[];
  pushedDay: number;
  /** Digests of the manifests of an index. */
  manifests: string[];
}

interface Selection {
  tagStatus: "tagged" | "untagged" | "any";
  tagPatternList?: string[];
  countType: "imageCountMoreThan" | "sinceImagePushed";
  countUnit?: "days";
  countNumber: number;
}
export interface LifecyclePolicy {
  rules: { rulePriority: number; selection: Selection }[];
}

const matchesPattern = (pattern: string, tag: string) =>
  new RegExp(`^${pattern.replaceAll(/[.+^${}()|[\]\\?]/g, "\\$&").replaceAll("*", ".*")}$`).test(tag);

const isPicked = ({ tagStatus, tagPatternList = [] }: Selection, { tags }: StoredImage) => {
  if (tagStatus === "any") return true;
  if (tagStatus === "untagged") return tags.length === 0;
  return tagPatternList.every((pattern) => tags.some((tag) => matchesPattern(pattern, tag)));
};

const isOverdue = ({ countType, countNumber }: Selection, image: StoredImage, rank: number, today: number) =>
  countType === "imageCountMoreThan" ? rank >= countNumber : today - image.pushedDay > countNumber;

/** What is left of the images once the policy has run. */
export const afterExpiry = (
  { rules }: LifecyclePolicy,
  images: StoredImage[],
  today: number,
): StoredImage[] => {
  const claimed = new Set<string>();
  const expired = new Set<string>();
  for (const { selection } of rules.toSorted((a, b) => a.rulePriority - b.rulePriority)) {
    const picked = images
      .filter((image) => isPicked(selection, image))
      .toSorted((a, b) => b.pushedDay - a.pushedDay);
    for (const [rank, image] of picked.entries()) {
      if (isOverdue(selection, image, rank, today) && !claimed.has(image.digest)) expired.add(image.digest);
    }
    for (const { digest } of picked) claimed.add(digest);
  }
  const kept = images.filter(({ digest }) => !expired.has(digest));
  const named = new Set(kept.flatMap(({ manifests }) => manifests));
  return images.filter(({ digest }) => !expired.has(digest) || named.has(digest));
};

/** Pushes an image; its tags move away from what had them. */
export const push = (images: StoredImage[], image: StoredImage): StoredImage[] => [
  ...images
    .filter(({ digest }) => digest !== image.digest)
    .map((other) => ({ ...other, tags: other.tags.filter((tag) => !image.tags.includes(tag)) })),
  image,
];
