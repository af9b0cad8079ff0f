/** Container registries, asked over their HTTP API whether an image is there for the tasks to pull. */
import { z } from "zod";
import { reasonOf } from "@leo/core/explain.ts";
import type { ImageState } from "./facts.ts";

const DOCKER_HUB = "registry-1.docker.io";
const MANIFESTS = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

export interface ImageName {
  /** Host and port. */
  registry: string;
  repository: string;
  /** Tag, or digest when there is one. */
  version: string;
}

/** Takes a reference apart as Docker does: without a host it is Docker Hub's. */
export const parseImage = (reference: string): ImageName => {
  const [withTag = "", digest] = reference.split("@");
  const [first = "", ...rest] = withTag.split("/");
  const hasHost = rest.length > 0 && /[.:]|^localhost$/.test(first);
  const [name = "", tag] = (hasHost ? rest.join("/") : withTag).split(":");
  return {
    registry: !hasHost || first === "docker.io" ? DOCKER_HUB : first,
    repository: name.includes("/") || hasHost ? name : `library/${name}`,
    version: digest ?? tag ?? "latest",
  };
};

const Index = z.object({
  manifests: z.array(
    z.object({ platform: z.object({ os: z.string(), architecture: z.string() }).optional() }),
  ),
});
const Token = z.union([
  z.object({ token: z.string() }).transform(({ token }) => token),
  z.object({ access_token: z.string() }).transform(({ access_token: token }) => token),
]);

/** `Bearer realm="…",service="…",scope="…"` */
const parameterOf = (challenge: string, name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1];

/** A token that the registry gives to anybody. */
const anonymousToken = async (challenge: string, scope: string, signal: AbortSignal) => {
  const realm = parameterOf(challenge, "realm");
  if (!realm || !URL.canParse(realm)) return undefined;
  const url = new URL(realm);
  url.searchParams.set("scope", scope);
  const service = parameterOf(challenge, "service");
  if (service) url.searchParams.set("service", service);
  const answer = await fetch(url.href, { signal });
  if (!answer.ok) return undefined;
  return Token.safeParse(await answer.json()).data;
};

/** Registries on this machine speak HTTP. */
const base = (registry: string) =>
  `${/^(localhost|127\.0\.0\.1)(:|$)/.test(registry) ? "http" : "https"}://${registry}/v2/`;

/** Whether anybody may pull the image. */
export const readPublicImage = async (reference: string, signal: AbortSignal): Promise<ImageState> => {
  const { registry, repository, version } = parseImage(reference);
  const url = `${base(registry)}${repository}/manifests/${version}`;
  const ask = (token?: string) =>
    fetch(url, {
      headers: { Accept: MANIFESTS, ...(token && { Authorization: `Bearer ${token}` }) },
      signal,
    });
  try {
    let answer = await ask();
    if (answer.status === 401) {
      const challenge = answer.headers.get("WWW-Authenticate") ?? "";
      const token = await anonymousToken(challenge, `repository:${repository}:pull`, signal);
      if (!token) return { state: "private" };
      answer = await ask(token);
    }
    if (answer.status === 401 || answer.status === 403) return { state: "private" };
    if (answer.status === 404) return { state: "missing" };
    if (!answer.ok) return { state: "unreachable", registry, reason: `it returns ${answer.status}` };
    const index = Index.safeParse(await answer.json());
    if (!index.success) return { state: "found" };
    const platforms = index.data.manifests.flatMap(({ platform }) =>
      platform ? [`${platform.os}/${platform.architecture}`] : [],
    );
    return { state: "found", platforms };
  } catch (error) {
    return { state: "unreachable", registry, reason: reasonOf(error) };
  }
};

/** Any answer of the registry will do. @returns why there is none */
export const registryProblem = async (registry: string, signal: AbortSignal): Promise<string | undefined> => {
  try {
    const answer = await fetch(base(registry), { signal });
    await answer.arrayBuffer();
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
};

/** Where the images that Leo builds take their base from. */
export const baseRegistryProblem = (signal: AbortSignal) => registryProblem(DOCKER_HUB, signal);
