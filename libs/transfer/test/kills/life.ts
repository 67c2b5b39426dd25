import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Checkpoint, openCheckpoint } from "@transship/checkpoint";
import type { DevRegistry } from "@transship/dev-registry";
import { openRegistry } from "@transship/oci";
import { createCopyEngine, type Journal } from "../../src/index.ts";

/** When a process dies: before or after its nth write to the journal, or once the source has sent so many bytes. Absent: not at all. */
export type Death =
  | { readonly at: "write"; readonly number: number; readonly when: "before" | "after" }
  | { readonly at: "bytes"; readonly served: number };

/** How a life ended. */
export type LifeEnd = { readonly kind: "done" } | { readonly kind: "killed" } | { readonly kind: "failed"; readonly error: unknown };

/** What a process keeps on disk. */
export const CHECKPOINT = "checkpoint.db";
export const SPOOL = "spool";

const WRITES: ReadonlySet<string> = new Set(["addPiece", "dropPieces", "saveUpload", "dropUpload", "sawBlob", "missedBlob"]);

/**
 * One process that copies `app:v1`, with its state in `directory`. When it dies, `remains` gets what is on disk in that instant, writes half done included; what
 * the dying process still does happens to files that nobody looks at again. `received` is told the bytes of blobs that it got.
 */
export async function live(
  registries: { readonly source: DevRegistry; readonly target: DevRegistry },
  directory: string,
  remains: string,
  death: Death | undefined,
  received: (bytes: number) => void = () => undefined,
): Promise<LifeEnd> {
  const stop = new AbortController();
  let killed = false;
  const die = (): void => {
    if (killed) return;
    killed = true;
    cpSync(directory, remains, { recursive: true });
    stop.abort(new Error("killed"));
  };
  await using opened = new AsyncDisposableStack();
  const checkpoint: Checkpoint = opened.use(openCheckpoint({ path: join(directory, CHECKPOINT) }));
  const source = opened.use(openRegistry({ url: registries.source.url }));
  const target = opened.use(openRegistry({ url: registries.target.url }));
  const journal = mortal(checkpoint.journal, death?.at === "write" ? death : undefined, die);
  const engine = opened.use(createCopyEngine({ journal, spoolDirectory: join(directory, SPOOL), spoolLimitBytes: 1024 ** 3 }));
  const before = registries.source.stats.bytesServed();
  const watch = setInterval(() => {
    if (death?.at === "bytes" && registries.source.stats.bytesServed() - before >= death.served) die();
  }, 1);
  opened.defer(() => clearInterval(watch));
  const request = {
    source: source.repository("app"),
    target: target.repository("app"),
    reference: "v1",
    tag: "v1",
    overwrite: "always",
  } as const;
  try {
    await engine.copy(request, { signal: stop.signal, onEnd: ({ progress }) => received(progress.bytes.copied) });
    return killed ? { kind: "killed" } : { kind: "done" };
  } catch (error) {
    return killed ? { kind: "killed" } : { kind: "failed", error };
  }
}

/** A journal whose process dies at one of its writes. After that nothing it does matters. */
function mortal(journal: Journal, death: Extract<Death, { at: "write" }> | undefined, die: () => void): Journal {
  let writes = 0;
  return new Proxy(journal, {
    get(inner, name: keyof Journal) {
      const method = inner[name] as (...given: unknown[]) => unknown;
      if (!WRITES.has(name)) return method.bind(inner);
      return (...given: unknown[]) => {
        writes += 1;
        if (writes === death?.number && death.when === "before") die();
        const result = method.apply(inner, given);
        if (writes === death?.number && death.when === "after") die();
        return result;
      };
    },
  });
}

/** The files of blobs on their way. */
export function spoolFiles(directory: string): string[] {
  const spool = join(directory, SPOOL);
  try {
    return readdirSync(spool).map((name) => join(spool, name));
  } catch {
    return [];
  }
}
