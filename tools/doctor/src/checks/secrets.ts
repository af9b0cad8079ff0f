import {
  OPTIONAL_SECRET_NAMES,
  SECRET_NAMES,
  type AnySecretName,
  type SecretName,
} from "../../../../infra/secret-list.ts";
import type { Check } from "../check.ts";
import { failure, type Finding, ok, warning } from "../finding.ts";
import { modelCredentialProblem } from "../../../preflight/problems.ts";
import { shapeProblem } from "../secret-shapes.ts";
import { needCredentials, type Target } from "../target.ts";

const shapeFinding = (name: AnySecretName, value: string): Finding | undefined => {
  const problem = shapeProblem(name, value);
  return problem && failure(`${name} ${problem.what}`, `${problem.advice}.`);
};

const findingOf = ({ secrets, stage }: Target, name: SecretName): Finding | undefined => {
  const value = secrets[name];
  if (!value) {
    return failure(
      `${name} is not set`,
      `Run \`npx sst secret set ${name} VALUE --stage ${stage?.name ?? "prod"}\`.`,
    );
  }
  return shapeFinding(name, value);
};

/** Exactly one credential opens the model; a Claude token that is missing has been reported by itself. */
const credentialFinding = ({ secrets, stage }: Target): Finding[] => {
  if (!secrets.ClaudeOauthToken) return [];
  const problem = modelCredentialProblem(stage ?? { name: "prod" }, secrets);
  return problem ? [failure(problem.what, `${problem.advice}.`)] : [];
};

/** Secrets that were set anew and have not reached the running tasks. */
const notYetDeployed = ({ secrets, runningSecrets, runningSecretsProblem }: Target): Finding[] => {
  if (runningSecretsProblem) return [runningSecretsProblem];
  const names = [...SECRET_NAMES, ...OPTIONAL_SECRET_NAMES];
  const changed = names.filter((name) => runningSecrets && runningSecrets[name] !== secrets[name]);
  if (changed.length === 0) return [];
  return [
    warning(
      `${changed.join(", ")}: what runs has another value than what is set`,
      "The next deploy brings it to the tasks.",
    ),
  ];
};

/** The seven secrets of a stage: set, and of the right shape; so are the optional ones that it has. */
export const secretsCheck: Check = {
  name: "secrets",
  run: async (target) => {
    needCredentials(target);
    if (target.secretsProblem) return [target.secretsProblem];
    const optional = OPTIONAL_SECRET_NAMES.flatMap((name) => {
      const value = target.secrets[name];
      // Another endpoint's key may look like anything.
      if (name === "AnthropicApiKey" && target.modelEndpoint) return [];
      return value ? [shapeFinding(name, value) ?? []].flat() : [];
    });
    const wrong = [
      ...SECRET_NAMES.flatMap((name) => findingOf(target, name) ?? []),
      ...optional,
      ...credentialFinding(target),
    ];
    if (wrong.length > 0) return [...wrong, ...notYetDeployed(target)];
    return [ok(`all ${SECRET_NAMES.length} are set and well-formed`), ...notYetDeployed(target)];
  },
};
