import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCode, TransshipError } from "@transship/errors";
import type { Credential } from "./credential.ts";
import { isObject, type JsonObject } from "./descriptor.ts";

/** One docker or podman configuration file, as far as logging in goes. */
export interface DockerConfig {
  /** Where it came from, for errors. */
  readonly path: string;
  /** By registry, or registry and repository prefix (podman), normalised by {@link normaliseKey}. */
  readonly auths: ReadonlyMap<string, Credential>;
  /** Helper that holds every login, if any: the name after `docker-credential-`. */
  readonly credsStore: string | undefined;
  /** Helpers by registry. */
  readonly credHelpers: ReadonlyMap<string, string>;
}

/** Where docker and podman keep logins, in the order in which they are asked: DOCKER_AUTH_CONFIG is read before any file. */
export function configPaths(env: Readonly<Record<string, string | undefined>>, homeDir: string): readonly string[] {
  const docker = env.DOCKER_CONFIG;
  const runtime = env.XDG_RUNTIME_DIR;
  const explicit = env.REGISTRY_AUTH_FILE;
  return [
    ...(explicit === undefined || explicit === "" ? [] : [explicit]),
    join(docker === undefined || docker === "" ? join(homeDir, ".docker") : docker, "config.json"),
    ...(runtime === undefined || runtime === "" ? [] : [join(runtime, "containers", "auth.json")]),
    join(homeDir, ".config", "containers", "auth.json"),
  ];
}

/** Reads a file; undefined where there is none. Throws `CREDENTIAL_UNAVAILABLE` when it cannot be read or understood. */
export async function readDockerConfig(path: string): Promise<DockerConfig | undefined> {
  try {
    return parseDockerConfig(await readFile(path, "utf8"), path);
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (thrown instanceof TransshipError) throw thrown;
    throw new TransshipError("CREDENTIAL_UNAVAILABLE", {
      what: `reading ${path}`,
      why: `it cannot be read (${code ?? "unknown"})`,
      cause: thrown,
    });
  }
}

/** Understands a configuration's text. Error texts name places, never contents: those are secrets. Throws `CREDENTIAL_UNAVAILABLE`. */
export function parseDockerConfig(text: string, path: string): DockerConfig {
  const invalid = (why: string): TransshipError => new TransshipError("CREDENTIAL_UNAVAILABLE", { what: `reading ${path}`, why });
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw invalid("it is not JSON");
  }
  if (!isObject(document)) throw invalid("it is not a JSON object");
  const { auths, credsStore, credHelpers } = document;
  if (auths !== undefined && auths !== null && !isObject(auths)) throw invalid('"auths" is not an object');
  const known = new Map<string, Credential>();
  for (const [key, entry] of Object.entries(auths ?? {})) {
    if (!isObject(entry)) throw invalid(`the login of ${key} is not an object`);
    const credential = parseLogin(entry, () => invalid(`the login of ${key} is malformed`));
    if (credential !== undefined) known.set(normaliseKey(key), credential);
  }
  const helpers = Object.entries(isObject(credHelpers) ? credHelpers : {}).flatMap(([key, name]): [string, string][] =>
    typeof name === "string" && name !== "" ? [[normaliseKey(key), name]] : [],
  );
  return {
    path,
    auths: known,
    credsStore: typeof credsStore === "string" && credsStore !== "" ? credsStore : undefined,
    credHelpers: new Map(helpers),
  };
}

/** An entry of `auths`; undefined for the empty ones that docker writes beside a credential store. */
function parseLogin(entry: JsonObject, malformed: () => TransshipError): Credential | undefined {
  const text = (field: string): string => (typeof entry[field] === "string" ? (entry[field] as string) : "");
  if (text("identitytoken") !== "") return { identityToken: text("identitytoken") };
  if (text("registrytoken") !== "") return { registryToken: text("registrytoken") };
  if (text("username") !== "") return { username: text("username"), password: text("password") };
  if (text("auth") === "") return undefined;
  const decoded = Buffer.from(text("auth"), "base64").toString("utf8").replace(/\0+$/, "");
  const colon = decoded.indexOf(":");
  if (colon <= 0) throw malformed();
  const [username, password] = [decoded.slice(0, colon), decoded.slice(colon + 1)];
  // What docker writes for identity tokens.
  return username === "<token>" ? { identityToken: password } : { username, password };
}

/** The server name under which docker keeps Docker Hub's login. */
export const DOCKER_HUB_KEY = "https://index.docker.io/v1/";

const HUB_HOSTS = new Set(["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"]);

/** A key of `auths` in one form: without scheme, version path and trailing slash, Docker Hub as `docker.io`. */
export function normaliseKey(key: string): string {
  const bare = key
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, "")
    .replace(/\/v[12]\/?$/, "")
    .replace(/\/+$/, "");
  const [host = "", ...path] = bare.split("/");
  return [HUB_HOSTS.has(host) ? "docker.io" : host, ...path].join("/");
}
