/** How a machine reaches the internet, as its environment says it: through a proxy, trusting which certificates. */

type Environment = Record<string, string | undefined>;

const PROXIES = ["HTTP_PROXY", "HTTPS_PROXY"];
const CERTIFICATES = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO"];
/** Leo's own parts on this machine never lie behind a proxy. */
const LOOPBACK = "localhost,127.0.0.1,::1";

const given = (env: Environment, name: string): [string, string][] => {
  const value = env[name] || env[name.toLowerCase()];
  return value ? [[name, value]] : [];
};

/**
 * The settings under every name that Node, npm, git and curl read: a variable that is set in one case counts in
 * both. Loopback is always excluded from the proxy, and Node's use of it is switched on. `SSL_CERT_FILE`, which OpenSSL
 * and curl read, goes for Node and git too, unless they have one of their own.
 * @param env of the person or of the container
 * @returns nothing where the environment says nothing
 */
export const networkSettings = (env: Environment): Record<string, string> => {
  const proxies = PROXIES.flatMap((name) => given(env, name));
  const certificates = Object.fromEntries(CERTIFICATES.flatMap((name) => given(env, name)));
  const { SSL_CERT_FILE: file, NODE_EXTRA_CA_CERTS: extra } = certificates;
  const both = proxies.flatMap(([name, value]) => [
    [name, value],
    [name.toLowerCase(), value],
  ]);
  const [[, excluded] = []] = given(env, "NO_PROXY");
  const noProxy = excluded ? `${excluded},${LOOPBACK}` : LOOPBACK;
  return {
    ...(file ? { NODE_EXTRA_CA_CERTS: extra ?? file, GIT_SSL_CAINFO: file } : {}),
    ...certificates,
    ...(proxies.length > 0
      ? {
          ...(Object.fromEntries(both) as Record<string, string>),
          NO_PROXY: noProxy,
          no_proxy: noProxy,
          NODE_USE_ENV_PROXY: "1",
        }
      : {}),
  };
};

/** The settings without a proxy that has a user and a password in its address. */
export const withoutProxyCredentials = (settings: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(settings).filter(([name, value]) => !/_proxy$/i.test(name) || !value.includes("@")),
  );
