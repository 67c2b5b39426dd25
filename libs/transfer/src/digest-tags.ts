import { subjectOfTag } from "@transship/model";
import type { Repository } from "@transship/oci";
import { tryPatiently } from "./patience.ts";

/** How long a list of tags serves for the copies of one repository, in milliseconds. */
const FRESH_MS = 60_000;
/** Repositories whose tags are remembered at once. */
const CAPACITY = 256;

interface Listing {
  readonly at: number;
  readonly bySubject: Promise<ReadonlyMap<string, readonly string[]>>;
}

/** Tags of a repository that belong to a digest (cosign's, and the fallback tags of referrers), by that digest. One listing serves all copies of a repository. */
export class DigestTags {
  readonly #listings = new Map<string, Listing>();

  /** Tags that belong to `digest`. */
  async of(repository: Repository, digest: string, signal: AbortSignal): Promise<readonly string[]> {
    const key = `${repository.registry} ${repository.name}`;
    let listing = this.#listings.get(key);
    if (listing === undefined || performance.now() - listing.at > FRESH_MS) {
      listing = { at: performance.now(), bySubject: list(repository, signal) };
      this.#remember(key, listing);
    }
    const bySubject = await listing.bySubject.catch(() => list(repository, signal));
    return bySubject.get(subjectKey(digest)) ?? [];
  }

  #remember(key: string, listing: Listing): void {
    listing.bySubject.catch(() => this.#listings.delete(key));
    this.#listings.set(key, listing);
    if (this.#listings.size <= CAPACITY) return;
    for (const oldest of this.#listings.keys()) {
      this.#listings.delete(oldest);
      break;
    }
  }
}

/** Tags hold at most 64 hex digits of a digest (OCI distribution-spec 1.1, "Referrers Tag Schema"). */
function subjectKey(digest: string): string {
  const [algorithm = "", hex = ""] = digest.split(":");
  return `${algorithm}:${hex.slice(0, 64)}`;
}

async function list(repository: Repository, signal: AbortSignal): Promise<ReadonlyMap<string, readonly string[]>> {
  return tryPatiently("source", signal, async () => {
    const bySubject = new Map<string, string[]>();
    for await (const page of repository.tags({ signal })) {
      for (const tag of page) {
        const subject = subjectOfTag(tag);
        if (subject !== undefined) bySubject.set(subject, [...(bySubject.get(subject) ?? []), tag]);
      }
    }
    return bySubject;
  });
}
