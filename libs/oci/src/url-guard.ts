import { TransshipError } from "@transship/errors";
import { type AddressClass, classifyAddress, isAddressLiteral } from "@transship/model";
import { getDomain } from "tldts";

/** Where a URL came from, for the error text: `the token realm`, `a redirect of the registry`. */
export type UrlSource = string;

/**
 * Decides which URLs from a registry's answers may be followed. A registry holds our credentials and tells us where to go, so every address that
 * it names is checked (the 2026 advisories of distribution, go-containerregistry, regclient and oras-go each are one of these sinks).
 *
 * - The registry's own origin is always allowed: on-premises registries are on private addresses.
 * - Never from https to http, never to link-local, unspecified or metadata addresses, never a URL with user info.
 * - Public addresses are allowed. A private address is allowed when the registry itself was reached at a private one, a loopback address when the
 *   registry itself is on loopback (a registry on a LAN may well send us to the object store beside it); otherwise only when
 *   the host is in `allowedHosts`.
 */
export class UrlGuard {
  readonly #origin: URL;
  readonly #allowedHosts: readonly string[];
  readonly #ownClasses = new Set<AddressClass>();

  /** `allowedHosts`: `host` (any port), `host:port`, or `*.domain`. */
  constructor(origin: URL, allowedHosts: readonly string[] = []) {
    this.#origin = origin;
    this.#allowedHosts = allowedHosts.map((host) => host.toLowerCase());
  }

  /** Remembers at what address the registry itself was reached. */
  reached(address: string): void {
    this.#ownClasses.add(classifyAddress(address));
  }

  isOwnOrigin(url: URL): boolean {
    return url.origin === this.#origin.origin;
  }

  isAllowListed(url: URL): boolean {
    const host = url.hostname;
    const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
    return this.#allowedHosts.some(
      (entry) => entry === host || entry === `${host}:${port}` || (entry.startsWith("*.") && host.endsWith(entry.slice(1))),
    );
  }

  /** A URL of another place that a GET may be redirected to (S3). Throws `REDIRECT_REFUSED`. */
  checkRedirect(url: URL, source: UrlSource): void {
    if (this.isOwnOrigin(url)) return;
    this.#checkForm(url, source);
    if (isAddressLiteral(url.hostname)) this.checkAddress(url.hostname, url, source);
  }

  /** A token server (S1, S2): own origin, own host, own registrable domain, or allow-listed. Throws `REDIRECT_REFUSED`. */
  checkRealm(url: URL, source: UrlSource): void {
    if (this.isOwnOrigin(url)) return;
    this.checkRedirect(url, source);
    if (this.isAllowListed(url) || url.hostname === this.#origin.hostname) return;
    const own = registrableDomain(this.#origin.hostname);
    if (own !== undefined && registrableDomain(url.hostname) === own) return;
    throw refused(source, url, `it is another domain than the registry's (${this.#origin.hostname})`);
  }

  /** Where an upload goes on (S4): own origin or allow-listed, since the bytes of an image go there. Throws `REDIRECT_REFUSED`. */
  checkUpload(url: URL, source: UrlSource): void {
    if (this.isOwnOrigin(url)) return;
    this.checkRedirect(url, source);
    if (!this.isAllowListed(url)) throw refused(source, url, `uploads stay at the registry's own origin (${this.#origin.origin})`);
  }

  /** The next page of a list (S5): own origin only. Throws `REDIRECT_REFUSED`. */
  checkNextPage(url: URL, source: UrlSource): void {
    if (!this.isOwnOrigin(url)) throw refused(source, url, `lists stay at the registry's own origin (${this.#origin.origin})`);
  }

  /** An address that a name of another origin resolved to, or an IP literal. Throws `REDIRECT_REFUSED`. */
  checkAddress(address: string, url: URL, source: UrlSource): void {
    const reach = classifyAddress(address);
    if (reach === "public") return;
    if (reach === "forbidden") throw refused(source, url, `${address} is a link-local, metadata or reserved address`);
    if (this.isAllowListed(url) || this.#ownClasses.has(reach)) return;
    throw refused(source, url, `${address} is a ${reach} address and the registry's own is not`);
  }

  /** A name of another origin that a proxy will resolve: names of "this machine" would be the proxy's own (RFC 6761 §6.3). Throws `REDIRECT_REFUSED`. */
  checkNameForProxy(url: URL, source: UrlSource): void {
    if (/(?:^|\.)localhost\.?$/.test(url.hostname)) this.checkAddress("127.0.0.1", url, source);
  }

  #checkForm(url: URL, source: UrlSource): void {
    if (url.protocol !== "https:" && url.protocol !== "http:") throw refused(source, url, `the scheme ${url.protocol} is not HTTP`);
    if (url.username !== "" || url.password !== "") throw refused(source, url, "it contains a user name");
    if (this.#origin.protocol === "https:" && url.protocol === "http:") throw refused(source, url, "it would leave TLS");
  }
}

/** The part of a host name that its owner registered (public suffix list, private section included); undefined for addresses and bare suffixes. */
export function registrableDomain(hostname: string): string | undefined {
  return getDomain(hostname, { allowPrivateDomains: true }) ?? undefined;
}

function refused(source: UrlSource, url: URL, why: string): TransshipError {
  return new TransshipError("REDIRECT_REFUSED", { what: `${source} to ${url.protocol}//${url.host}`.slice(0, 300), why });
}
