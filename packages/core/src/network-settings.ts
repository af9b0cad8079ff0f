/** How a machine reaches the internet, from its environment: proxy and trusted certificates. */

type Environment = Record<string, string | undefined>;

const PROXIES = ["HTTP_PROXY", "HTTPS_PROXY"];
const CERTIFICATES = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO"];
/** Leo's own parts on this machine are never behind a proxy. */
const LOOPBACK = "localhost,127.0.0.1,::1";

const given = (env: Environment, name: string): [string, string][] => {
  const value = env[name] || env[name.toLowerCase()];
  return value ? [[name, value]] : [];
};

/**
 * The settings under every name that Node, npm, git and curl read: a variable set in one case counts in both.
 * Loopback is always excluded from the proxy, and Node is told to use it. `SSL_CERT_FILE`, which OpenSSL and curl read,
 * applies to Node and git too, unless they have their own.
 * @param env the person's or the container's environment
 * @returns nothing if the environment sets nothing
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

/** The settings, without any proxy whose address contains a user and password. */
export const withoutProxyCredentials = (settings: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(settings).filter(([name, value]) => !/_proxy$/i.test(name) || !value.includes("@")),
  );
