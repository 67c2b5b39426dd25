import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pullWhole } from "./pull-whole.ts";
import type { StageRegistry } from "./stage.ts";

const LOOK_EVERY_MS = 10;

/** Sees tags appear and move at one registry, and pulls each at once. */
export interface TagWatch extends AsyncDisposable {
  /** Moves of tags that were seen and found whole. */
  readonly whole: number;
  /** Moves that could not be pulled whole. */
  readonly faults: readonly string[];
}

/**
 * Watches the tags of a namespace where the registry keeps them, in its files: a tag is seen within milliseconds, and looking costs the registry nothing. What is
 * pulled comes by HTTP.
 */
export function watchTags(registry: StageRegistry, namespace: string): TagWatch {
  const root = join(registry.dir, "data/docker/registry/v2/repositories", namespace);
  const seen = new Map<string, string>();
  const faults: string[] = [];
  const pulls: Promise<void>[] = [];
  let whole = 0;
  let open = true;
  const look = async () => {
    for (const repository of await names(root)) {
      const tags = join(root, repository, "_manifests/tags");
      for (const tag of await names(tags)) {
        const digest = await readFile(join(tags, tag, "current/link"), "utf8").catch(() => "");
        const key = `${repository}:${tag}`;
        // A link that is being written is no tag yet.
        if (!/^sha256:[0-9a-f]{64}$/.test(digest) || seen.get(key) === digest) continue;
        seen.set(key, digest);
        const pull = pullWhole(registry.url, `${namespace}/${repository}`, tag).then(
          () => void whole++,
          (error: unknown) => void faults.push(`${key} was visible as ${digest} before it could be pulled whole: ${error}`),
        );
        pulls.push(pull);
      }
    }
  };
  const loop = (async () => {
    for (; open; await sleep(LOOK_EVERY_MS)) await look();
    await Promise.all(pulls);
  })();
  return {
    get whole() {
      return whole;
    },
    faults,
    [Symbol.asyncDispose]: () => {
      open = false;
      return loop;
    },
  };
}

async function names(directory: string): Promise<string[]> {
  return (await readdir(directory, { withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("_"))
    .map(({ name }) => name);
}
