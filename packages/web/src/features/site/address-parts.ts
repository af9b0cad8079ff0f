import type { Site } from "@leo/core/site.ts";

/** What stands around the name in a site's address. */
export const addressParts = ({
  url,
  slug,
}: Pick<Site, "url" | "slug">): { before: string; after: string } => {
  const at = url.indexOf(slug);
  return { before: url.slice(0, at), after: url.slice(at + slug.length) };
};
