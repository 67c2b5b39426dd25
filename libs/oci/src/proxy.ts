import { BlockList, isIP } from "node:net";
import { TransshipError } from "@transship/errors";
import { isLocalHost } from "./reference.ts";

/** An HTTP proxy that connections go through. */
export interface HttpProxy {
  /** `http://host[:port]` or `https://host[:port]`; without a port 80 or 443. */
  readonly url: string;
  /** The proxy's own login; it goes to the proxy's origin and nowhere else. Over `http://` whoever is on the way to the proxy can read it. */
  readonly credential?: { readonly username: string; readonly password: string } | undefined;
}

/** The proxy for a URL; undefined where it is connected to directly. */
export type ProxyFor = (url: URL) => HttpProxy | undefined;

/** A proxy's URL, checked; `hint` is what to do where it is none. Throws `INVALID_ARGUMENT`. */
export function parseProxyUrl(text: string, hint?: string): URL {
  const url = URL.parse(text);
  // The text itself is not repeated: it may hold a password.
  const invalid = (why: string): TransshipError =>
    new TransshipError("INVALID_ARGUMENT", { what: `the proxy ${url?.host ?? ""}`.trim(), why, hint });
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:") || url.hostname === "")
    throw invalid("its URL has the form http://host:port or https://host:port");
  if (url.username !== "" || url.password !== "") throw invalid("a user name or password does not belong into its URL");
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") throw invalid("its URL has scheme, host and port only");
  return url;
}

/**
 * What the environment of a process says about proxies (`http_proxy`, `https_proxy`, `no_proxy`, each in upper case too), by the rules of undici's
 * EnvHttpProxyAgent: lower case wins, https falls back to the proxy for http, `no_proxy` names hosts with their subdomains, `*.domain`, `host:port`, or `*`.
 * Beyond them, and as container tools written in Go have it: `no_proxy` may name subnets, connections to this machine never go through a proxy, and a
 * proxy without scheme is `http://`.
 * Throws `INVALID_ARGUMENT` for a proxy that is none, when it would be used.
 */
export function proxyFromEnvironment(env: Readonly<Record<string, string | undefined>>): ProxyFor {
  const forHttp = env.http_proxy ?? env.HTTP_PROXY ?? "";
  const forHttps = (env.https_proxy ?? env.HTTPS_PROXY ?? "") || forHttp;
  const exempt = env.no_proxy ?? env.NO_PROXY ?? "";
  return (url) => {
    const text = url.protocol === "https:" ? forHttps : forHttp;
    return text === "" || isLocalHost(url.hostname) || isExempt(url, exempt) ? undefined : parseVariable(text);
  };
}

function isExempt(url: URL, exempt: string): boolean {
  const host = url.hostname.replace(/^\[|\]$|\.$/g, "");
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  return exempt.split(/[,\s]/).some((entry) => {
    const [, bracketed, plain, only] = /^(?:\[(.+)\]|([^:]+|.*:.*:.*?))(?::(\d+))?$/.exec(entry) ?? [];
    const name = (bracketed ?? plain ?? "").toLowerCase().replace(/\.$/, "");
    if (name === "" || (only !== undefined && Number(only) !== Number(port))) return false;
    if (name === "*" || isInSubnet(host, name)) return true;
    const domain = name.replace(/^\*?\./, "");
    return (host === domain && !name.startsWith("*.")) || host.endsWith(`.${domain}`);
  });
}

/** Whether an address is in a subnet, `10.0.0.0/8`; false for names. */
function isInSubnet(host: string, subnet: string): boolean {
  const [network = "", prefix = ""] = subnet.split("/");
  const family = isIP(network) === 6 ? "ipv6" : "ipv4";
  if (isIP(host) === 0 || isIP(host) !== isIP(network) || !/^\d+$/.test(prefix) || Number(prefix) > (family === "ipv6" ? 128 : 32))
    return false;
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), family);
  return list.check(host, family);
}

function parseVariable(text: string): HttpProxy {
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  const username = decode(url?.username);
  const password = decode(url?.password);
  if (url !== null) url.username = url.password = "";
  const { origin } = parseProxyUrl(url?.href ?? "", "Correct HTTPS_PROXY or HTTP_PROXY, or name the host in NO_PROXY.");
  return { url: origin, ...(username === "" ? {} : { credential: { username, password } }) };
}

function decode(text = ""): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
