import { once } from "node:events";
import { checkServerIdentity, connect, type PeerCertificate } from "node:tls";
import { ACMClient, DescribeCertificateCommand } from "@aws-sdk/client-acm";
import type { Check } from "../check.ts";
import { failure, type Finding, ok, warning } from "../finding.ts";
import { awsProblem, networkProblem, plainMessage, reasonOf } from "@leo/core/explain.ts";
import type { Target } from "../target.ts";

const DAY_MS = 24 * 3600 * 1_000;
const EXPIRES_SOON_DAYS = 14;

interface Seen {
  certificate: PeerCertificate;
  /** Why browsers wouldn't trust it. */
  distrusted?: string;
}

type Tls = NonNullable<Target["tls"]>;

/** The certificate that the server presents for `name`. @throws network errors */
const lookAt = async (name: string, { port, connectTo, ca }: Tls, signal: AbortSignal): Promise<Seen> => {
  const socket = connect({
    host: connectTo ?? name,
    port,
    servername: name,
    // Untrusted certificates are inspected too, and nothing is sent.
    rejectUnauthorized: false,
    ...(ca && { ca }),
  });
  const cut = () => socket.destroy(new DOMException("took too long", "TimeoutError"));
  signal.addEventListener("abort", cut, { once: true });
  try {
    await once(socket, "secureConnect");
    const error: unknown = socket.authorizationError;
    return {
      certificate: socket.getPeerCertificate(),
      ...(!socket.authorized && error
        ? { distrusted: typeof error === "string" ? error : plainMessage(error) }
        : {}),
    };
  } finally {
    signal.removeEventListener("abort", cut);
    socket.destroy();
  }
};

const judge = (name: string, { certificate, distrusted }: Seen, now: Date): Finding => {
  const renew = "Renew it in ACM, or find out why it wasn't renewed automatically.";
  if (checkServerIdentity(name, certificate)) {
    return failure(
      `the certificate doesn't cover ${name}`,
      "It must name LEO_DOMAIN and the hosts under the preview domain; see LEO_CERTIFICATE_ARN.",
    );
  }
  const days = Math.floor((Date.parse(certificate.valid_to) - now.getTime()) / DAY_MS);
  if (days < 0) return failure(`the certificate of ${name} expired on ${certificate.valid_to}`, renew);
  if (distrusted) {
    return failure(
      `browsers don't trust the certificate of ${name} (${distrusted})`,
      "Use one issued by ACM, with its chain.",
    );
  }
  if (days < EXPIRES_SOON_DAYS) return warning(`the certificate of ${name} expires in ${days} days`, renew);
  return ok(`${name}: valid for ${days} days`);
};

const seenFinding = async (name: string, target: Target, tls: Tls, signal: AbortSignal, now: Date) => {
  try {
    return judge(name, await lookAt(name, tls, signal), now);
  } catch (error) {
    const reason = networkProblem(error) ?? reasonOf(error);
    if (!target.isUp) return ok(`${name} doesn't answer yet (${reason})`);
    return failure(
      `${name} presents no certificate: ${reason}`,
      "Does its DNS record point at the load balancer, and is this machine in LEO_ALLOWLIST?",
    );
  }
};

/** The stage's certificate in ACM: issued, and covering both names. */
const acmFinding = async (
  arn: string,
  names: string[],
  target: Target,
  signal: AbortSignal,
): Promise<Finding> => {
  const acm = new ACMClient(target.aws);
  try {
    const command = new DescribeCertificateCommand({ CertificateArn: arn });
    const { Certificate } = await acm.send(command, { abortSignal: signal });
    if (Certificate?.Status !== "ISSUED") {
      return failure(
        `the certificate in ACM is ${Certificate?.Status ?? "unknown"}, not ISSUED`,
        "Add the validation records that ACM shows to the domain's DNS.",
      );
    }
    const has = Certificate.SubjectAlternativeNames ?? [];
    const missing = names.filter((name) => !has.includes(name));
    if (missing.length === 0) return ok("the certificate in ACM is issued, for the domain and its previews");
    return failure(
      `the certificate in ACM doesn't cover ${missing.join(", ")}`,
      "Create one for both names and set LEO_CERTIFICATE_ARN.",
    );
  } catch (error) {
    const kind = awsProblem(error);
    if (kind === "missing")
      return failure("there is no such certificate in ACM", "Check LEO_CERTIFICATE_ARN and its Region.");
    if (kind === "denied")
      return warning(
        "these credentials may not read the certificate in ACM",
        "Allow acm:DescribeCertificate.",
      );
    return failure(`the certificate in ACM can't be read: ${reasonOf(error)}`);
  } finally {
    acm.destroy();
  }
};

/** TLS of the site and of a preview, as a browser sees it. */
export const certificateCheck = (now: () => Date = () => new Date()): Check => ({
  name: "certificate",
  run: async (target, signal) => {
    const { tls, stage, identity } = target;
    if (!tls) {
      return [
        warning(
          "there is no domain: the site is plain HTTP, and passwords cross the network readable",
          "Set LEO_DOMAIN; docs/deploy.md says how.",
        ),
      ];
    }
    const arn = stage?.certificateArn;
    return Promise.all([
      ...(arn && identity ? [acmFinding(arn, [tls.host, `*.${tls.previewDomain}`], target, signal)] : []),
      ...[tls.host, `doctor.${tls.previewDomain}`].map((name) =>
        seenFinding(name, target, tls, signal, now()),
      ),
    ]);
  },
});
