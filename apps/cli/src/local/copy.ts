import type { DirectPair } from "@transship/agent";
import { type ExitCode, TransshipError } from "@transship/errors";
import { formatReference, type ImageReference, parseReference, type Repository } from "@transship/oci";
import type { Call } from "../command.ts";
import { Places } from "./direct/open-places.ts";
import { concludeDirect, copyWithProgress } from "./direct/run-direct.ts";
import { checkpointFiles } from "./direct/state-directory.ts";
import { tagPairs } from "./direct/tag-pairs.ts";

/** `copy SOURCE TARGET`: one image, or all tags of a repository. */
export async function run(call: Call): Promise<ExitCode> {
  const from = parseReference(call.args[0] ?? "");
  const to = parseReference(call.args[1] ?? "");
  checkCopy(from, to);
  await using places = new Places({ environment: call.environment, plainHttp: call.settings.flag("plain-http") });
  const [source, target] = await Promise.all([places.repository(from), places.repository(to)]);
  const names = [formatReference(from), formatReference(to)];
  const files = await checkpointFiles(call, "copy", names);
  const pairs = pairsOf(from, to, source, target, call.signal);
  const rule = names.join(" → ");
  return await concludeDirect(call, await copyWithProgress(call, rule, files, [{ rule, pairs }]));
}

/** @throws TransshipError `INVALID_ARGUMENT` for references that make no copy. */
export function checkCopy(from: ImageReference, to: ImageReference): void {
  const wrong = (why: string, hint: string) => new TransshipError("INVALID_ARGUMENT", { what: "the target", why, hint });
  if (to.digest !== undefined)
    throw wrong("a target has a tag or nothing, never a digest", "Leave out everything from @ on: the digest comes from the source.");
  const wholeRepository = from.tag === undefined && from.digest === undefined;
  if (wholeRepository && to.tag !== undefined)
    throw wrong("all tags of a repository cannot become one tag", "Name the source's tag, or leave out the target's.");
  const place = (reference: ImageReference) => formatReference({ ...reference, tag: undefined, digest: undefined });
  if (place(from) === place(to) && (to.tag ?? from.tag) === from.tag)
    throw wrong("it is the source itself", "Name another repository or tag.");
}

function pairsOf(
  from: ImageReference,
  to: ImageReference,
  source: Repository,
  target: Repository,
  signal: AbortSignal,
): AsyncIterable<DirectPair> | DirectPair[] {
  const reference = from.digest ?? from.tag;
  if (reference === undefined) return tagPairs(source, target, () => true, signal);
  return [{ source, target, reference, tag: to.tag ?? from.tag, overwrite: "always" }];
}
