import type { wire } from "@transship/api";
import { parseDigest, type Registry } from "@transship/oci";
import { tryPatiently } from "@transship/transfer";
import { inPages } from "./in-pages.ts";
import { inParallel } from "./in-parallel.ts";
import type { Found } from "./questions.ts";

const PAGE = 1_000;
const LOOK_UPS = 48;

/** Which of the given blobs a repository lacks; all of them where it does not exist. */
export async function* findMissing(registry: Registry, ask: wire.FindMissing, signal: AbortSignal): AsyncGenerator<Found> {
  const repository = registry.repository(ask.repository);
  const check = async (text: string, either: AbortSignal) => {
    const digest = parseDigest(text);
    return (await tryPatiently("target", either, () => repository.hasBlob(digest, { signal: either }))) ? [] : [digest];
  };
  for await (const page of inPages(inParallel(ask.digests, LOOK_UPS, signal, check), PAGE)) {
    yield { $case: "missing", value: { digests: page.flat() } };
  }
}
