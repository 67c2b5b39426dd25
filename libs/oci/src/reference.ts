import { TransshipError } from "@transship/errors";
import { classifyAddress } from "@transship/model";
import { type Digest, parseDigest } from "./digest.ts";
import { repositoryFault, tagFault } from "./names.ts";

/** An image in a registry: `host[:port]/repository[:tag|@digest]`. */
export interface RegistryReference {
  readonly kind: "registry";
  /** As images are named: `docker.io`, `localhost:5000`, `[::1]:5000`. {@link registryUrl} tells where its API is. */
  readonly host: string;
  readonly repository: string;
  /** Undefined where none was written: then the reference names the whole repository. */
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

/** An image in an OCI layout directory: `oci:DIR[:tag|@digest]`. */
export interface LayoutReference {
  readonly kind: "layout";
  readonly directory: string;
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

/** Anything that `copy` accepts as a source or target. */
export type ImageReference = RegistryReference | LayoutReference;

const DOCKER_HUB = "docker.io";
const DOCKER_HUB_ALIASES = new Set([DOCKER_HUB, "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"]);
const HOST_LABELS = /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*$/;

/**
 * Reads an image reference as docker does: without a host it is Docker Hub's, there a single name is under `library/`, and a first part is a host
 * when it has a dot or colon or is `localhost`. Throws `INVALID_ARGUMENT` that says what is wrong.
 */
export function parseReference(text: string): ImageReference {
  if (text.startsWith("oci:")) return parseLayout(text);
  if (text.includes("://")) throw invalid(text, "an image reference has no scheme; leave out everything up to ://");
  const { name, tag, digest } = splitVersion(text, text);
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const hosted = first === "localhost" || /[.:[]/.test(first);
  const host = hosted ? first : DOCKER_HUB;
  checkHost(host, text);
  const canonicalHost = DOCKER_HUB_ALIASES.has(host.toLowerCase()) ? DOCKER_HUB : host.toLowerCase();
  const path = hosted ? name.slice(slash + 1) : name;
  const repository = canonicalHost === DOCKER_HUB && path !== "" && !path.includes("/") ? `library/${path}` : path;
  const fault = repositoryFault(repository);
  if (fault !== undefined) throw invalid(text, fault);
  return { kind: "registry", host: canonicalHost, repository, tag, digest };
}

/** A reference as it is written, the opposite of {@link parseReference}. */
export function formatReference(reference: ImageReference): string {
  const place = reference.kind === "layout" ? `oci:${reference.directory}` : `${reference.host}/${reference.repository}`;
  return `${place}${reference.tag === undefined ? "" : `:${reference.tag}`}${reference.digest === undefined ? "" : `@${reference.digest}`}`;
}

/** The address of a host's registry API. Docker Hub's images are named `docker.io` and served by `registry-1.docker.io`. */
export function registryUrl(host: string, options: { readonly plainHttp?: boolean } = {}): string {
  const apiHost = DOCKER_HUB_ALIASES.has(host) ? "registry-1.docker.io" : host;
  return `${options.plainHttp === true ? "http" : "https"}://${apiHost}`;
}

/** Whether a host of an image's name is this machine by its name alone: `localhost` or a loopback address, with or without a port. */
export function isLocalHost(host: string): boolean {
  const name = host.replace(/:\d+$/, "");
  return name === "localhost" || classifyAddress(name) === "loopback";
}

function parseLayout(text: string): LayoutReference {
  const rest = text.slice("oci:".length);
  const at = rest.lastIndexOf("@");
  const afterAt = at < 0 ? "" : rest.slice(at + 1);
  // A directory may contain "@" itself; only what looks like a digest is one.
  const hasDigest = /^sha\d+:/.test(afterAt);
  const digest = hasDigest ? parseDigest(afterAt) : undefined;
  const place = hasDigest ? rest.slice(0, at) : rest;
  const colon = place.lastIndexOf(":");
  const tagged = colon >= 0 && !place.slice(colon + 1).includes("/");
  const directory = tagged ? place.slice(0, colon) : place;
  const tag = tagged ? place.slice(colon + 1) : undefined;
  if (directory === "") throw invalid(text, "the directory is missing after oci:");
  const fault = tag === undefined ? undefined : tagFault(tag);
  if (fault !== undefined) throw invalid(text, fault);
  return { kind: "layout", directory, tag, digest };
}

function splitVersion(rest: string, text: string): { name: string; tag: string | undefined; digest: Digest | undefined } {
  const at = rest.indexOf("@");
  const digest = at < 0 ? undefined : parseDigest(rest.slice(at + 1));
  const named = at < 0 ? rest : rest.slice(0, at);
  const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
  if (colon < 0) return { name: named, tag: undefined, digest };
  const tag = named.slice(colon + 1);
  const fault = tagFault(tag);
  if (fault !== undefined) throw invalid(text, fault);
  return { name: named.slice(0, colon), tag, digest };
}

function checkHost(host: string, text: string): void {
  const parts = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(host);
  const name = parts?.[1];
  if (name === undefined) throw invalid(text, `"${host}" is not a host name with an optional port`);
  const port = parts?.[2];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65535)) throw invalid(text, `the port ${port} does not exist`);
  const valid = name.startsWith("[") ? URL.canParse(`http://${name}/`) : HOST_LABELS.test(name);
  if (!valid) throw invalid(text, `"${name}" is not a host name`);
}

function invalid(text: string, why: string): TransshipError {
  return new TransshipError("INVALID_ARGUMENT", { what: `image reference "${text.slice(0, 300)}"`, why });
}
