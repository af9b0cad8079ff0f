/**
 * SST keeps what `sst secret set` stores; each value is copied to Secrets Manager, from where ECS
 * injects it. Linking an `sst.Secret` would write it into the task definition in clear text.
 */
import { names, stage } from "./context.ts";
import {
  ALL_SECRETS,
  setSecretNames,
  type AnySecretName,
  type OptionalSecretName,
  type SecretName,
} from "./secret-list.ts";

const copyToSecretsManager = (component: AnySecretName) => {
  const source = new sst.Secret(component);
  const secret = new aws.secretsmanager.Secret(`${component}Copy`, {
    name: names.secret(ALL_SECRETS[component].name),
    // A removed stage must be deployable again at once.
    recoveryWindowInDays: stage.isProd ? 30 : 0,
  });
  const version = new aws.secretsmanager.SecretVersion(`${component}Version`, {
    secretId: secret.id,
    secretString: source.value,
  });
  return {
    source,
    arn: secret.arn,
    // With the version in it, a changed secret is a changed task definition, and so reaches the tasks.
    valueFrom: $interpolate`${secret.arn}:::${version.versionId}`,
  };
};

type Copied = ReturnType<typeof copyToSecretsManager>;

export const secrets = Object.fromEntries(
  setSecretNames(process.env).map((component) => [component, copyToSecretsManager(component)]),
) as Record<SecretName, Copied> & Partial<Record<OptionalSecretName, Copied>>;

export const secretArns = Object.values(secrets).map(({ arn }) => arn);

/** Not a secret by itself; the orchestrator's security group opens it. */
export const databasePort = $util.unsecret(
  secrets.DatabaseUrl.source.value.apply((url) => Number(new URL(url).port || 5432)),
);
