/** Network and AWS errors, worded as part of a sentence. */

interface Coded {
  name?: string;
  code?: string;
  message?: string;
  cause?: unknown;
  errors?: unknown[];
}

const NETWORK: Record<string, string> = {
  ENOTFOUND: "the name is not known to DNS",
  EAI_AGAIN: "DNS does not answer",
  ECONNREFUSED: "the connection is refused",
  ECONNRESET: "the connection was cut",
  EHOSTUNREACH: "there is no route to it",
  ENETUNREACH: "there is no route to it",
  ETIMEDOUT: "it does not answer",
  UND_ERR_CONNECT_TIMEOUT: "it does not answer",
  UND_ERR_SOCKET: "the connection was cut",
  TimeoutError: "it does not answer",
  AbortError: "it does not answer",
};

/** What OpenSSL and Node call a certificate that nobody here trusts. */
const CERTIFICATE: Record<string, string> = {
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet, or the clock of this machine is wrong",
  CERT_REJECTED: "its certificate is rejected here",
  CERT_REVOKED: "its certificate was revoked",
  CERT_SIGNATURE_FAILURE: "the signature of its certificate is wrong",
  CERT_UNTRUSTED: "its certificate is not trusted here",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  HOSTNAME_MISMATCH: "its certificate is for another name",
  INVALID_CA: "the authority of its certificate is not valid",
  SELF_SIGNED_CERT_IN_CHAIN: "the authority of its certificate is not known here",
  UNABLE_TO_GET_ISSUER_CERT: "the authority of its certificate is not known here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the authority of its certificate is not known here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the authority of its certificate is not known here",
};

/** Node wraps the original error: fetch in `cause`, a connection to several addresses in `errors`. */
const root = (error: unknown): Coded => {
  const coded = error as Coded;
  const inner = coded.cause ?? coded.errors?.[0];
  return inner === undefined ? coded : root(inner);
};

/** Why something couldn't be reached, or undefined for other errors. */
export const networkProblem = (error: unknown): string | undefined => {
  const { code = "", name = "", message = "" } = root(error);
  if (/timeout expired|Connection terminated due to connection timeout/i.test(message))
    return NETWORK.ETIMEDOUT;
  return NETWORK[code] ?? NETWORK[name];
};

/** Why the certificate of the other side is not trusted, or undefined when the error is of another kind. */
export const certificateProblem = (error: unknown): string | undefined => CERTIFICATE[root(error).code ?? ""];

/** The first line of an unexpected error's own message. */
export const plainMessage = (error: unknown): string => {
  const { message, name, code } = root(error);
  return (message || code || name || "unknown error").split("\n")[0] ?? "";
};

/** Why it failed: the network's reason, the certificate's, or the error's own words. */
export const reasonOf = (error: unknown): string =>
  networkProblem(error) ?? certificateProblem(error) ?? plainMessage(error);

const AWS_KINDS: [RegExp, kind: AwsProblem][] = [
  [/CredentialsProviderError/, "no_credentials"],
  [/ExpiredToken|TokenRefreshRequired/, "expired"],
  [/InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidAccessKeyId/, "invalid"],
  [/RequestTimeTooSkewed|RequestExpired|InvalidSignatureException/, "clock"],
  [/AccessDenied|UnauthorizedOperation|AuthorizationError|NotAuthorized|Forbidden|^403$/, "denied"],
  [/NotFound|NoSuch|NonExistent|DoesNotExist|^404$/, "missing"],
];

export type AwsProblem =
  "no_credentials" | "expired" | "invalid" | "clock" | "denied" | "missing" | "unreachable" | "other";

/** Which kind of AWS rejection this is. */
export const awsProblem = (error: unknown): AwsProblem => {
  const { name = "" } = error as Coded;
  const found = AWS_KINDS.find(([pattern]) => pattern.test(name));
  if (found) return found[1];
  return networkProblem(error) === undefined ? "other" : "unreachable";
};
