import type { Publication, PublishVersion } from "@leo/core/publishing.ts";
import { request } from "../../../lib/http.ts";

export const publishVersion = (generationId: string, body: PublishVersion) =>
  request<Publication>(`/api/generations/${generationId}/publish`, { method: "POST", body });
