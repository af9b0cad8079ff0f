/** Errors of networks and of AWS as part of a sentence. */

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

/** Node wraps what happened: fetch in `cause`, a connection to several addresses in `errors`. */
const root = (error: unknown): Coded => {
  const coded = error as Coded;
  const inner = coded.cause ?? coded.errors?.[0];
  return inner === undefined ? coded : root(inner);
};

/** Why something could not be reached, or undefined when the error is of another kind. */
export const networkProblem = (error: unknown): string | undefined => {
  const { code = "", name = "", message = "" } = root(error);
  if (/timeout expired|Connection terminated due to connection timeout/i.test(message))
    return NETWORK.ETIMEDOUT;
  return NETWORK[code] ?? NETWORK[name];
};

/** The error's own first line, for what nobody foresaw. */
export const plainMessage = (error: unknown): string => {
  const { message, name, code } = root(error);
  return (message || code || name || "unknown error").split("\n")[0] ?? "";
};

/** Why it failed: the network's reason, or the error's own words. */
export const reasonOf = (error: unknown): string => networkProblem(error) ?? plainMessage(error);

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

/** What kind of refusal of AWS this is. */
export const awsProblem = (error: unknown): AwsProblem => {
  const { name = "" } = error as Coded;
  const found = AWS_KINDS.find(([pattern]) => pattern.test(name));
  if (found) return found[1];
  return networkProblem(error) === undefined ? "other" : "unreachable";
};
