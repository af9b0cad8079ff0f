/** ECR repositories. SST's own image build would push to a shared one. */
import { adopting } from "./adopt.ts";
import { names, stage } from "./context.ts";

const UNTAGGED_DAYS = 7;
const KEPT_DEPLOYS = 20;

/** Tag of BuildKit's cache, which shares the images' repository. */
export const CACHE_TAG = "cache";

/**
 * An image is a tagged index and the untagged manifests that it names; ECR doesn't expire those while their
 * index exists. So only tagged images count as deploys, once each, however many tags they have.
 */
const expiry = {
  rules: [
    {
      rulePriority: 1,
      description: "the build cache stays",
      selection: {
        tagStatus: "tagged",
        tagPatternList: [CACHE_TAG],
        countType: "imageCountMoreThan",
        countNumber: 1,
      },
      action: { type: "expire" },
    },
    {
      rulePriority: 2,
      description: `untagged images, including old caches, after ${UNTAGGED_DAYS} days`,
      selection: {
        tagStatus: "untagged",
        countType: "sinceImagePushed",
        countUnit: "days",
        countNumber: UNTAGGED_DAYS,
      },
      action: { type: "expire" },
    },
    {
      rulePriority: 3,
      // This rule can't expire the cache, but it counts it.
      description: `all but the newest ${KEPT_DEPLOYS} deploys and the cache`,
      selection: {
        tagStatus: "tagged",
        tagPatternList: ["*"],
        countType: "imageCountMoreThan",
        countNumber: KEPT_DEPLOYS + 1,
      },
      action: { type: "expire" },
    },
  ],
};

const createRepository = (component: string, name: string) => {
  const repository = new aws.ecr.Repository(
    component,
    { name, imageScanningConfiguration: { scanOnPush: true }, forceDelete: !stage.isProd },
    adopting(name),
  );
  new aws.ecr.LifecyclePolicy(`${component}Expiry`, {
    repository: repository.name,
    policy: JSON.stringify(expiry),
  });
  return repository;
};

export const orchestratorRepository = createRepository("OrchestratorRepository", names.orchestrator);
export const generatorRepository = createRepository("GeneratorRepository", names.generator);
