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

/** Exactly one model credential may be set; a missing Claude token has already been reported. */
const credentialFinding = ({ secrets, stage }: Target): Finding[] => {
  if (!secrets.ClaudeOauthToken) return [];
  const problem = modelCredentialProblem(stage ?? { name: "prod" }, secrets);
  return problem ? [failure(problem.what, `${problem.advice}.`)] : [];
};

/** Secrets that changed and haven't reached the running tasks. */
const notYetDeployed = ({ secrets, runningSecrets, runningSecretsProblem }: Target): Finding[] => {
  if (runningSecretsProblem) return [runningSecretsProblem];
  const names = [...SECRET_NAMES, ...OPTIONAL_SECRET_NAMES];
  const changed = names.filter((name) => runningSecrets && runningSecrets[name] !== secrets[name]);
  if (changed.length === 0) return [];
  return [
    warning(
      `${changed.join(", ")}: the running tasks have a different value`,
      "The next deploy passes the new value to the tasks.",
    ),
  ];
};

/** A stage's seven secrets, and any optional ones: set and well-formed. */
export const secretsCheck: Check = {
  name: "secrets",
  run: async (target) => {
    needCredentials(target);
    if (target.secretsProblem) return [target.secretsProblem];
    const optional = OPTIONAL_SECRET_NAMES.flatMap((name) => {
      const value = target.secrets[name];
      // Another endpoint's key can have any format.
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
