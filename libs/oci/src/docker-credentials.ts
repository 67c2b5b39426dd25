import type { Credential } from "./credential.ts";
import { askCredentialHelper } from "./credential-helper.ts";
import { configPaths, DOCKER_HUB_KEY, type DockerConfig, normaliseKey, parseDockerConfig, readDockerConfig } from "./docker-config.ts";

/** The environment that logins are looked up in; only an app's entry reads the process's own. */
export interface DockerEnvironment {
  /** DOCKER_CONFIG, DOCKER_AUTH_CONFIG, REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, and PATH for the helpers. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  /** Milliseconds that a credential helper may take. Default 20 000. */
  readonly helperTimeoutMs?: number | undefined;
}

/** Logins from docker's and podman's own files and helpers. */
export interface DockerCredentials {
  /**
   * The login for an image: the longest matching prefix of `host/repository` in the first file that has one (podman keeps logins per
   * repository), a registry's own helper before the general one. Undefined where there is none. Throws `CREDENTIAL_UNAVAILABLE`.
   */
  find(host: string, repository?: string, options?: { signal?: AbortSignal | undefined }): Promise<Credential | undefined>;
}

/** Reads the files that exist; helpers are asked only when a login is looked for. Throws `CREDENTIAL_UNAVAILABLE` for a file that is broken. */
export async function loadDockerCredentials(environment: DockerEnvironment): Promise<DockerCredentials> {
  const { env, homeDir, helperTimeoutMs } = environment;
  const inline = env.DOCKER_AUTH_CONFIG;
  const configs: DockerConfig[] = inline === undefined || inline === "" ? [] : [parseDockerConfig(inline, "DOCKER_AUTH_CONFIG")];
  for (const path of configPaths(env, homeDir)) {
    const config = await readDockerConfig(path);
    if (config !== undefined) configs.push(config);
  }
  return {
    async find(host, repository = "", options = {}) {
      const prefixes = prefixesOf(normaliseKey(host), repository);
      const helperOptions = { env, timeoutMs: helperTimeoutMs, signal: options.signal };
      for (const config of configs) {
        const found = await findIn(config, prefixes, (name, server) => askCredentialHelper(name, server, helperOptions));
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

async function findIn(
  config: DockerConfig,
  prefixes: readonly string[],
  ask: (helper: string, server: string) => Promise<Credential | undefined>,
): Promise<Credential | undefined> {
  const host = prefixes.at(-1) ?? "";
  const helper = config.credHelpers.get(host) ?? config.credsStore;
  // docker keeps everything in the store once there is one; files written by other tools may hold narrower logins beside it.
  const narrow = prefixes
    .slice(0, -1)
    .map((prefix) => config.auths.get(prefix))
    .find((login) => login !== undefined);
  if (narrow !== undefined) return narrow;
  const held = helper === undefined ? undefined : await ask(helper, host === "docker.io" ? DOCKER_HUB_KEY : host);
  return held ?? config.auths.get(host);
}

/** `host/a/b`, `host/a`, `host`: longest first. */
function prefixesOf(host: string, repository: string): readonly string[] {
  const parts = [host, ...repository.split("/").filter((part) => part !== "")];
  return parts.map((_, index) => parts.slice(0, parts.length - index).join("/"));
}
