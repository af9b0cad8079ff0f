/** What AWS's answers mean for a deploy, one sentence each. */
import { isTakenOver } from "../../infra/adoptable.ts";
import type { Stage } from "../../infra/stage.ts";
import { groupBy } from "./group-by.ts";
import type { Certificate, Named, Owner, Quota, Zone } from "./facts.ts";

/** VPCs per Region. */
export const VPC_QUOTA: Quota = { serviceCode: "vpc", quotaCode: "L-F678F1CE" };

export interface Owned {
  named: Named;
  owner: Owner;
}

const MIGRATION = "docs/migrate-from-cdk.md";

const list = (items: string[]) =>
  items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;

/** `the secrets a and b, the bucket c` */
const nouns = (things: Named[]) => {
  const kinds = groupBy(things, ({ kind }) => kind);
  return [...kinds]
    .map(([kind, same]) => {
      const plural = same.length === 1 ? kind : kind.replace(/y$/, "ie").concat("s");
      return `the ${plural} ${list(same.map(({ name }) => name))}`;
    })
    .join(", ");
};

const takenProblems = (stage: Stage, owned: Owned[]): string[] => {
  const taken = owned.flatMap(({ named, owner }) =>
    owner.owner === "other" && !isTakenOver(stage, named)
      ? [{ named, by: owner.by ?? "something that SST did not make" }]
      : [],
  );
  return [...groupBy(taken, ({ by }) => by)].map(
    ([by, things]) =>
      `These names of stage ${stage.name} already belong to ${by}: ${nouns(things.map(({ named }) => named))}; take them over as ${MIGRATION} says, remove what has them, or deploy another stage.`,
  );
};

const deletionProblems = (stage: Stage, owned: Owned[]): string[] => {
  const deleted = owned.flatMap(({ named, owner }) =>
    owner.owner === "deletion" ? [{ name: named.name, until: owner.until }] : [],
  );
  if (deleted.length === 0) return [];
  const last = Math.max(...deleted.map(({ until }) => until?.getTime() ?? 0));
  const when = last > 0 ? ` (until ${new Date(last).toISOString().slice(0, 10)})` : "";
  const names = deleted.map(({ name }) => name);
  const each = names.length === 1 ? (names[0] ?? "") : "NAME";
  return [
    `These secrets are scheduled for deletion, and their names stay taken${when}: ${list(names)}; delete each for good with \`aws secretsmanager delete-secret --region ${stage.region} --force-delete-without-recovery --secret-id ${each}\`, or bring it back with \`aws secretsmanager restore-secret --region ${stage.region} --secret-id ${each}\` and take it over as ${MIGRATION} says.`,
  ];
};

/** Names that something else has. */
export const nameProblems = (stage: Stage, owned: Owned[]): string[] => [
  ...takenProblems(stage, owned),
  ...deletionProblems(stage, owned),
];

/** A stage that has its VPC needs no other. */
export const vpcProblems = (
  stage: Stage,
  { count, hasOwn }: { count: number; hasOwn: boolean },
  quota: number,
): string[] =>
  hasOwn || count < quota
    ? []
    : [
        `Region ${stage.region} has ${count} VPCs and allows this account ${quota}, so there is no room for the stage's: delete one that nobody uses, or ask for more of quota ${VPC_QUOTA.quotaCode} in Service Quotas.`,
      ];

/** The zone that SST would take for a host: of the longest name that ends it, the first that AWS lists. */
export const zoneOf = (host: string, zones: Zone[]): Zone | undefined => {
  const labels = host.split(".");
  const names = labels.slice(0, -1).map((_, index) => labels.slice(index).join("."));
  return names.map((name) => zones.find((zone) => zone.name === name)).find((zone) => zone !== undefined);
};

const zoneProblem = (setting: string, host: string, zones: Zone[]): string[] => {
  const zone = zoneOf(host, zones);
  const bring = "or set LEO_DNS=off and bring your own certificate in LEO_CERTIFICATE_ARN";
  if (!zone) {
    return [
      `No hosted zone of this account's Route 53 is for ${setting} (${host}): create one and point the domain's name servers at it, ${bring}.`,
    ];
  }
  if (!zone.isPrivate) return [];
  return [
    `The hosted zone that SST would use for ${setting} (${host}) is ${zone.name} (${zone.id}), which is private, so nobody could reach the site or validate its certificate: create a public zone and delete the private one, ${bring}.`,
  ];
};

/** Whether SST makes records and a certificate, for which it needs hosted zones. */
export const needsZones = ({ domain, certificateArn }: Stage) => domain !== undefined && !certificateArn;

export const zoneProblems = ({ domain, previewDomain }: Stage, zones: Zone[]): string[] => {
  if (!domain || !previewDomain) return [];
  const ofSite = zoneProblem("LEO_DOMAIN", domain, zones);
  if (previewDomain.endsWith(`.${domain}`) && zoneOf(previewDomain, zones) === zoneOf(domain, zones))
    return ofSite;
  return [...ofSite, ...zoneProblem("LEO_PREVIEW_DOMAIN", previewDomain, zones)];
};

/** A wildcard stands for one label. */
const covers = (pattern: string, name: string) =>
  pattern === name ||
  (pattern.startsWith("*.") && !name.startsWith("*.") && name.replace(/^[^.]+/, "*") === pattern);

export const certificateProblems = (stage: Stage, certificate: Certificate | undefined): string[] => {
  const { domain = "", previewDomain = "", certificateArn, region } = stage;
  if (!certificate) {
    return [
      `ACM in ${region} has no certificate ${certificateArn}: correct LEO_CERTIFICATE_ARN, which may be of another account.`,
    ];
  }
  if (certificate.status !== "ISSUED") {
    return [
      `The certificate of LEO_CERTIFICATE_ARN is ${certificate.status}, not ISSUED: add the validation records that ACM shows to the domain's DNS, or request another.`,
    ];
  }
  const missing = [domain, `*.${previewDomain}`].filter(
    (name) => !certificate.names.some((pattern) => covers(pattern, name)),
  );
  if (missing.length === 0) return [];
  return [
    `The certificate of LEO_CERTIFICATE_ARN is not for ${list(missing)}: request one for ${domain} and *.${previewDomain}, and set LEO_CERTIFICATE_ARN to it.`,
  ];
};
