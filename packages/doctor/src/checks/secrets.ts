import { SECRET_NAMES, type SecretName } from "../../../../infra/secret-list.ts";
import { type Check, failure, type Finding, ok, warning } from "../check.ts";
import { shapeProblem } from "../secret-shapes.ts";
import { needCredentials, type Target } from "../target.ts";

const findingOf = ({ secrets, stage }: Target, name: SecretName): Finding | undefined => {
  const value = secrets[name];
  if (!value) {
    return failure(
      `${name} is not set`,
      `Run \`npx sst secret set ${name} VALUE --stage ${stage?.name ?? "prod"}\`.`,
    );
  }
  const problem = shapeProblem(name, value);
  return problem && failure(`${name} ${problem.what}`, `${problem.advice}.`);
};

/** Secrets that were set anew and have not reached the running tasks. */
const notYetDeployed = ({ secrets, runningSecrets, runningSecretsProblem }: Target): Finding[] => {
  if (runningSecretsProblem) return [runningSecretsProblem];
  const changed = SECRET_NAMES.filter((name) => runningSecrets && runningSecrets[name] !== secrets[name]);
  if (changed.length === 0) return [];
  return [
    warning(
      `${changed.join(", ")}: what runs has another value than what is set`,
      "The next deploy brings it to the tasks.",
    ),
  ];
};

/** The seven secrets of a stage: set, and of the right shape. */
export const secretsCheck: Check = {
  name: "secrets",
  run: async (target) => {
    needCredentials(target);
    if (target.secretsProblem) return [target.secretsProblem];
    const wrong = SECRET_NAMES.flatMap((name) => findingOf(target, name) ?? []);
    if (wrong.length > 0) return [...wrong, ...notYetDeployed(target)];
    return [ok(`all ${SECRET_NAMES.length} are set and well-formed`), ...notYetDeployed(target)];
  },
};
