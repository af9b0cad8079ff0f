/** ECR repositories. SST's own image build would push to a shared one. */
import { names, stage } from "./context.ts";

const UNTAGGED_DAYS = 7;
const KEPT_IMAGES = 20;

const expiry = {
  rules: [
    {
      rulePriority: 1,
      description: `untagged images after ${UNTAGGED_DAYS} days`,
      selection: {
        tagStatus: "untagged",
        countType: "sinceImagePushed",
        countUnit: "days",
        countNumber: UNTAGGED_DAYS,
      },
      action: { type: "expire" },
    },
    {
      rulePriority: 2,
      description: `all but the newest ${KEPT_IMAGES}`,
      selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: KEPT_IMAGES },
      action: { type: "expire" },
    },
  ],
};

const createRepository = (component: string, name: string) => {
  const repository = new aws.ecr.Repository(component, {
    name,
    imageScanningConfiguration: { scanOnPush: true },
    forceDelete: !stage.isProd,
  });
  new aws.ecr.LifecyclePolicy(`${component}Expiry`, {
    repository: repository.name,
    policy: JSON.stringify(expiry),
  });
  return repository;
};

export const orchestratorRepository = createRepository("OrchestratorRepository", names.orchestrator);
export const generatorRepository = createRepository("GeneratorRepository", names.generator);
