import type { wire } from "@transship/api";
import type { Registry } from "@transship/oci";
import { tryPatiently } from "@transship/transfer";
import { inPages } from "./in-pages.ts";
import { inParallel } from "./in-parallel.ts";
import type { Found } from "./questions.ts";

const PAGE = 500;
const LOOK_UPS = 48;

/** The digests of given tags. Tags and repositories that do not exist are left out. */
export async function* resolveTags(registry: Registry, ask: wire.ResolveTags, signal: AbortSignal): AsyncGenerator<Found> {
  const resolve = async ({ repository, tag }: wire.TagReference, either: AbortSignal) => {
    const there = registry.repository(repository);
    const descriptor = await tryPatiently("target", either, () => there.resolve(tag, { signal: either }));
    return descriptor === undefined ? [] : [{ repository, tag, digest: descriptor.digest }];
  };
  for await (const page of inPages(inParallel(ask.tags, LOOK_UPS, signal, resolve), PAGE)) {
    yield { $case: "tags", value: { tags: page.flat() } };
  }
}
