import { answerRegistry } from "./answer.ts";
import type { AuthOptions } from "./auth/auth-options.ts";
import { TokenDesk } from "./auth/token-desk.ts";
import type { RegistryState } from "./exchange.ts";
import type { FaultRule } from "./faults/fault.ts";
import { FaultPlan } from "./faults/fault-plan.ts";
import { HiddenBlobs } from "./hidden-blobs.ts";
import { type ListenAddress, type Listener, listen, type TlsFiles } from "./listener.ts";
import { RedirectHost } from "./redirect-host.ts";
import { parseRoute } from "./route.ts";
import { SessionWriters } from "./session-writers.ts";
import { type ProfileName, resolveSettings, type Settings } from "./settings.ts";
import { Stats } from "./stats.ts";
import { type CatalogueRecipe, ComputedStorage } from "./storage/computed-storage.ts";
import { DirectoryStorage } from "./storage/directory-storage.ts";
import { MemoryStorage } from "./storage/memory-storage.ts";
import type { Storage } from "./storage/storage.ts";

/** How a registry is to be; everything has a default, so `{}` is a full registry in memory on a free loopback port. */
export interface DevRegistryOptions {
  /** Default 127.0.0.1, port 0. */
  readonly listen?: Partial<ListenAddress>;
  /** Keeps everything in this directory; absent: in memory. */
  readonly directory?: string;
  /** A catalogue of any size that is computed and not stored; only without a directory. */
  readonly computed?: CatalogueRecipe;
  /** HTTPS instead of HTTP. */
  readonly tls?: TlsFiles;
  readonly auth?: AuthOptions;
  /** Where the settings start from. Default `full`. */
  readonly profile?: ProfileName;
  readonly settings?: Partial<Settings>;
  readonly faults?: readonly FaultRule[];
}

/** A running registry. Disposing of it cuts its connections and closes its storage; a directory keeps its content. */
export interface DevRegistry extends AsyncDisposable {
  /** `http://127.0.0.1:port`, without a slash at the end. */
  readonly url: string;
  /** `127.0.0.1:port`, as image references begin. */
  readonly host: string;
  readonly port: number;
  readonly settings: Settings;
  readonly stats: Stats;
  readonly faults: FaultPlan;
  readonly storage: Storage;
  /** The bearer tokens given out, for tests that revoke them. */
  readonly tokens: TokenDesk;
}

/**
 * Starts a registry in this process. Throws `PORT_IN_USE`, `INVALID_ARGUMENT` for an impossible address, or the
 * file system's error for a directory that cannot be used.
 */
export async function startDevRegistry(options: DevRegistryOptions = {}): Promise<DevRegistry> {
  await using started = new AsyncDisposableStack();
  const storage = started.use(await openStorage(options));
  const settings = resolveSettings(options.profile ?? "full", options.settings ?? {});
  const faults = new FaultPlan();
  for (const rule of options.faults ?? []) faults.add(rule);
  const address = { host: "127.0.0.1", port: 0, ...options.listen };
  const redirects = started.use(new RedirectHost(address.host));
  const closing = new AbortController();
  let listener: Listener | undefined;
  const state: RegistryState = {
    storage,
    settings,
    faults,
    stats: new Stats(),
    tokens: new TokenDesk(),
    writers: new SessionWriters(),
    hidden: new HiddenBlobs(),
    closing: closing.signal,
    get url() {
      return listener?.url ?? "";
    },
    redirectTarget: (digest) => redirects.target(state, digest),
  };
  const answer = answerRegistry(state, options.auth ?? { scheme: "none" }, (request) =>
    parseRoute(request.method ?? "", request.url ?? ""),
  );
  listener = started.use(await listen(address, answer, state.stats, options.tls));
  started.defer(() => closing.abort());
  const running = started.move();
  const { url, host, port } = listener;
  const { stats, tokens } = state;
  return { url, host, port, settings, stats, faults, storage, tokens, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

async function openStorage({ directory, computed }: DevRegistryOptions): Promise<Storage> {
  if (computed !== undefined) return new ComputedStorage(computed);
  return directory === undefined ? new MemoryStorage() : await DirectoryStorage.open(directory);
}
