/** A task's image: prebuilt elsewhere, or built with BuildKit and pushed to our repository. */
import { sourceTag } from "./source-tag.ts";
import { arn, stage } from "./context.ts";
import { CACHE_TAG } from "./registry.ts";

interface ImageSource {
  component: string;
  dockerfile: string;
  repository: aws.ecr.Repository;
  /** A reference from the settings; then nothing is built. */
  prebuilt: string | undefined;
}

/**
 * How layers are packed, including the base image's: with zstd they're 15 to 30 % smaller than with gzip
 * and unpack faster. ECR stores them and Fargate (platform 1.4) runs them; it pulls the whole image for
 * every task. BuildKit has four levels, and 19 is the highest of them.
 */
const PACKED = {
  compression: "zstd" as const,
  compressionLevel: 19,
  forceCompression: true,
  ociMediaTypes: true,
};

/** Two builds for another architecture at once exhaust a laptop, so each waits for the previous one. */
let previous: dockerbuild.Image | undefined;

const build = ({ component, dockerfile, repository }: ImageSource) => {
  const login = aws.ecr.getAuthorizationTokenOutput({ registryId: repository.registryId });
  const cache = $interpolate`${repository.repositoryUrl}:${CACHE_TAG}`;
  const image = new dockerbuild.Image(
    component,
    {
      context: { location: $cli.paths.root },
      dockerfile: { location: `${$cli.paths.root}/${dockerfile}` },
      platforms: [stage.architecture === "arm64" ? "linux/arm64" : "linux/amd64"],
      tags: [stage.imageTag ?? sourceTag($cli.paths.root), "latest"].map(
        (tag) => $interpolate`${repository.repositoryUrl}:${tag}`,
      ),
      cacheFrom: [{ registry: { ref: cache } }],
      cacheTo: [{ registry: { ref: cache, mode: "max", imageManifest: true, ...PACKED } }],
      buildOnPreview: false,
      // `push: true` would be a second export, packed with gzip.
      push: false,
      exports: [{ registry: { push: true, ...PACKED } }],
      registries: [
        {
          address: repository.repositoryUrl,
          username: login.userName,
          password: $util.secret(login.password),
        },
      ],
      // The provider doesn't read it, but Docker's commands do.
      ...(process.env.BUILDX_BUILDER && { builder: { name: process.env.BUILDX_BUILDER } }),
    },
    { dependsOn: previous ? [previous] : [] },
  );
  previous = image;
  return $interpolate`${repository.repositoryUrl}@${image.digest}`;
};

/** The reference that goes into a task definition. */
export const imageReference = (source: ImageSource): $util.Output<string> =>
  source.prebuilt === undefined ? build(source) : $output(source.prebuilt);

const ECR_IMAGE = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([^:@]+)/;

/** The repository that the task must be able to pull from. A public registry needs no permission. */
export const pulledRepositoryArn = ({ prebuilt, repository }: ImageSource): $util.Input<string> => {
  const [, account, region, name] = ECR_IMAGE.exec(prebuilt ?? "") ?? [];
  if (!account) return repository.arn;
  return arn("ecr", `repository/${name}`).apply((own) => {
    const [prefix, partition, service] = own.split(":");
    return [prefix, partition, service, region, account, `repository/${name}`].join(":");
  });
};
