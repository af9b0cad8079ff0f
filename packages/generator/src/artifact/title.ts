import { scrub } from "@leo/core/scrub.ts";

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

/** The title of the app's page, at most 200 characters, or undefined if it has none. */
export const readTitle = (page: string): string | undefined => {
  const [, inner = ""] = /<title>([^<]*)<\/title>/i.exec(page) ?? [];
  const text = inner.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name] ?? "");
  return (
    scrub(text)
      .replace(/\p{Cc}/gu, " ")
      .trim()
      .slice(0, 200)
      .toWellFormed() || undefined
  );
};
