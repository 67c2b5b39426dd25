import { homedir } from "node:os";
import { InstanceGates } from "@transship/agent";
import {
  type DockerCredentials,
  type ImageReference,
  isLocalHost,
  loadDockerCredentials,
  openLayout,
  openRegistry,
  type ProxyFor,
  proxyFromEnvironment,
  type Registry,
  type Repository,
  registryUrl,
} from "@transship/oci";
import type { Environment } from "../../environment.ts";

/** What is known of a registry beyond its name. */
export interface RegistrySettings {
  readonly plainHttp?: boolean | undefined;
  /** PEM text. */
  readonly ca?: string | undefined;
  /** Instead of docker's files. */
  readonly credential?: { readonly username: string; readonly password: string } | undefined;
  /** Host to connect to instead of the one in the image's name. */
  readonly host?: string | undefined;
}

/** How references are opened. */
export interface PlacesOptions {
  readonly environment: Environment;
  /** Plain HTTP for every registry. Without it only hosts of this machine are spoken to without TLS, as docker does. */
  readonly plainHttp: boolean;
  /** What is known of single registries, by the host of the image's name. */
  readonly registries?: ReadonlyMap<string, RegistrySettings>;
  /** Leave docker's credential files alone. */
  readonly withoutDockerFiles?: boolean;
}

/** Opens the registries and directories that references name, each once and through the proxies of the environment, and closes them together. All clients of one origin go through one gate. */
export class Places implements AsyncDisposable {
  readonly #options: PlacesOptions;
  readonly #open = new Map<string, Registry>();
  readonly #gates = new InstanceGates();
  readonly #proxy: ProxyFor;
  #docker: Promise<DockerCredentials> | undefined;

  constructor(options: PlacesOptions) {
    this.#options = options;
    this.#proxy = proxyFromEnvironment(options.environment);
  }

  /** The registry of a reference, logged in as the reference's repository needs. @throws TransshipError `CREDENTIAL_UNAVAILABLE`. */
  async registry(reference: Pick<ImageReference & { kind: "registry" }, "kind" | "host" | "repository">): Promise<Registry> {
    const { host, repository } = reference;
    const known = this.#options.registries?.get(host);
    const url = registryUrl(known?.host ?? host, { plainHttp: known?.plainHttp ?? (this.#options.plainHttp || isLocalHost(host)) });
    // Docker's files may hold a login for single repositories, so that two repositories of a host can be two clients.
    const find = known?.credential === undefined ? await this.#dockerLogin(host, repository) : undefined;
    const found = known?.credential ?? (await find?.({}));
    const key = `${url} ${JSON.stringify(found)}`;
    const credential = found === undefined ? undefined : (find ?? found);
    const registry = this.#open.get(key) ?? this.#gates.guard(url, openRegistry({ url, credential, ca: known?.ca, proxy: this.#proxy }));
    this.#open.set(key, registry);
    return registry;
  }

  /** The repository of a reference: of a registry, or the one of a directory. */
  async repository(reference: ImageReference): Promise<Repository> {
    if (reference.kind === "registry") return (await this.registry(reference)).repository(reference.repository);
    const key = `oci:${reference.directory}`;
    const layout = this.#open.get(key) ?? openLayout(reference.directory);
    this.#open.set(key, layout);
    return layout.repository("");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.values()].map((registry) => registry[Symbol.asyncDispose]()));
  }

  async #dockerLogin(host: string, repository: string) {
    if (this.#options.withoutDockerFiles === true) return undefined;
    const env = this.#options.environment;
    this.#docker ??= loadDockerCredentials({ env, homeDir: env.HOME ?? homedir() });
    const docker = await this.#docker;
    return (options: { signal?: AbortSignal | undefined }) => docker.find(host, repository, options);
  }
}
