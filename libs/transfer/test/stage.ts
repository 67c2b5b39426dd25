import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DevRegistry, type DevRegistryOptions, startDevRegistry } from "@transship/dev-registry";
import { type Credential, openRegistry, type Registry, type Timeouts } from "@transship/oci";
import { type CopyEngine, type CopyRequest, createCopyEngine, InMemoryJournal } from "../src/index.ts";

/** Two registries, a client for each, and an engine between them: what every test of the engine plays on. */
export interface Stage extends AsyncDisposable {
  readonly source: DevRegistry;
  readonly target: DevRegistry;
  readonly sourceClient: Registry;
  readonly targetClient: Registry;
  readonly engine: CopyEngine;
  readonly journal: InMemoryJournal;
  readonly spoolDirectory: string;
  /** A request for `repository:tag` on both sides. */
  request(repository: string, tag: string, more?: Partial<CopyRequest>): CopyRequest;
}

/** What differs between stages. */
export interface StageOptions {
  readonly source?: DevRegistryOptions;
  readonly target?: DevRegistryOptions;
  readonly spoolLimitBytes?: number;
  /** For both registries. */
  readonly credential?: Credential;
  readonly timeouts?: Partial<Timeouts>;
}

export async function setStage(options: StageOptions = {}): Promise<Stage> {
  await using opened = new AsyncDisposableStack();
  const source = opened.use(await startDevRegistry(options.source));
  const target = opened.use(await startDevRegistry(options.target));
  const { credential, timeouts } = options;
  const sourceClient = opened.use(openRegistry({ url: source.url, credential, timeouts }));
  const targetClient = opened.use(openRegistry({ url: target.url, credential, timeouts }));
  const spoolDirectory = await mkdtemp(join(tmpdir(), "transship-spool-"));
  opened.defer(() => rm(spoolDirectory, { recursive: true, force: true }));
  const journal = new InMemoryJournal();
  const engine = opened.use(createCopyEngine({ journal, spoolDirectory, spoolLimitBytes: options.spoolLimitBytes ?? 1024 ** 3 }));
  const everything = opened.move();
  return {
    source,
    target,
    sourceClient,
    targetClient,
    engine,
    journal,
    spoolDirectory,
    request: (repository, tag, more) => ({
      source: sourceClient.repository(repository),
      target: targetClient.repository(repository),
      reference: tag,
      tag,
      overwrite: "always",
      ...more,
    }),
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

/** An engine as another process would have it on the same journal and directory: what was only in memory is gone. */
export async function restartedEngine({ engine, journal, spoolDirectory }: Stage): Promise<CopyEngine> {
  await engine[Symbol.asyncDispose]();
  return createCopyEngine({ journal, spoolDirectory, spoolLimitBytes: 1024 ** 3 });
}

/** Digest that a registry shows for a tag, asked without the code under test. */
export async function digestAt(registry: DevRegistry, repository: string, reference: string): Promise<string | undefined> {
  const answer = await fetch(`${registry.url}/v2/${repository}/manifests/${reference}`, { method: "HEAD", headers: { accept: "*/*" } });
  return answer.ok ? (answer.headers.get("docker-content-digest") ?? undefined) : undefined;
}

/** Whether a registry has a blob, asked without the code under test. */
export async function hasBlob(registry: DevRegistry, repository: string, digest: string): Promise<boolean> {
  return (await fetch(`${registry.url}/v2/${repository}/blobs/${digest}`, { method: "HEAD" })).ok;
}
