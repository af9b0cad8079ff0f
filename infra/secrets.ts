/**
 * SST keeps what `sst secret set` stores; each value is copied to Secrets Manager, from where ECS
 * injects it. Linking an `sst.Secret` would write it into the task definition in clear text.
 */
import { createHash } from "node:crypto";
import { adopting } from "./adopt.ts";
import { names, stage } from "./context.ts";
import {
  ALL_SECRETS,
  OPTIONAL_SECRETS,
  setSecretNames,
  sstSecrets,
  usableModelCredentials,
  type AnySecretName,
  type OptionalSecretName,
  type SecretName,
} from "./secret-list.ts";

const copyToSecretsManager = (component: AnySecretName) => {
  const source = new sst.Secret(component);
  const name = names.secret(ALL_SECRETS[component].name);
  const secret = new aws.secretsmanager.Secret(
    `${component}Copy`,
    {
      name,
      // AWS rejects a name within its recovery window. A removed stage must be deployable again at once,
      // and a removed optional secret must be settable again.
      recoveryWindowInDays: stage.isProd && !(component in OPTIONAL_SECRETS) ? 30 : 0,
    },
    adopting(name),
  );
  const version = new aws.secretsmanager.SecretVersion(`${component}Version`, {
    secretId: secret.id,
    secretString: source.value,
  });
  return { component, source, arn: secret.arn, versionId: version.versionId };
};

type Copied = ReturnType<typeof copyToSecretsManager>;

const copied = setSecretNames(process.env).map(copyToSecretsManager);

export const secrets = Object.fromEntries(copied.map((secret) => [secret.component, secret])) as Record<
  SecretName,
  Copied
> &
  Partial<Record<OptionalSecretName, Copied>>;

/** The secrets of the orchestrator's container; the others are for the driver or for operators' commands. */
export const orchestratorSecrets = copied.filter(
  ({ component }) => ALL_SECRETS[component].reader === "orchestrator",
);

/**
 * Tasks get the current value of a secret, whatever their revision: a manual rollback restores no old secret.
 * This text is part of the task definition and changes with any secret's version, so that a changed secret
 * still reaches the running service.
 */
export const orchestratorSecretsVersion = $util
  .all(orchestratorSecrets.map(({ versionId }) => versionId))
  .apply((ids) => createHash("sha256").update(ids.join("\n")).digest("hex").slice(0, 16));

/** The model credential; preflight rejects none and two. */
export const modelSecret = usableModelCredentials(sstSecrets(process.env)).flatMap(
  (name) => secrets[name] ?? [],
)[0];

/** Not a secret by itself; the orchestrator's security group allows it. */
export const databasePort = $util.unsecret(
  secrets.DatabaseUrl.source.value.apply((url) => Number(new URL(url).port || 5432)),
);
