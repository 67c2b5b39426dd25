import { TransshipError } from "@transship/errors";
import type { Registry } from "@transship/oci";
import { plainRepositories, type Refusal, refuseRepository } from "@transship/planner";
import { eachOnce } from "./each-once.ts";
import type { Listing } from "./listing.ts";

/** A repository that is to be listed, or is refused. */
export interface NamedRepository {
  readonly name: string;
  readonly refusal: Refusal | undefined;
}

/** The repositories that a rule names plainly, which need no catalogue and must exist; undefined where only the catalogue can tell. */
export function namedRepositories({ selection }: Listing, only: string): NamedRepository[] | undefined {
  if (only !== "") return [{ name: only, refusal: refuseRepository(selection, only) }];
  return plainRepositories(selection)?.map((name) => ({ name, refusal: undefined }));
}

/**
 * Repositories of the catalogue that match, each once; where refusals are told, the others too.
 * @throws TransshipError `UNSUPPORTED` or `DENIED`, with what to do, where the registry does not list its repositories.
 */
export async function* catalogueRepositories(registry: Registry, { selection, explain, signal }: Listing): AsyncGenerator<NamedRepository> {
  try {
    for await (const name of eachOnce(() => registry.catalog({ signal }), signal)) {
      const refusal = refuseRepository(selection, name);
      if (refusal === undefined || explain) yield { name, refusal };
    }
  } catch (thrown) {
    if (!(thrown instanceof TransshipError) || (thrown.code !== "UNSUPPORTED" && thrown.code !== "DENIED")) throw thrown;
    const hint =
      "The registry does not list its repositories; name one in the rule plainly (spec.source.repository without pattern characters).";
    throw thrown.with({ hint });
  }
}
