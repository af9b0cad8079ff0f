import { scrub } from "@leo/core/scrub.ts";

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

/** The title in the app's page, or undefined where there is none. At most 200 characters. */
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
