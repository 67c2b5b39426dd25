import { wire } from "@transship/api";

/** Registries as fake agents see them: digests by instance and `repository:tag`. */
export class World {
  readonly #tags = new Map<string, Map<string, string>>();

  at(instance: string): Map<string, string> {
    const tags = this.#tags.get(instance) ?? new Map<string, string>();
    this.#tags.set(instance, tags);
    return tags;
  }

  push(instance: string, names: Readonly<Record<string, number>>): void {
    for (const [name, seed] of Object.entries(names)) this.at(instance).set(name, fakeDigest(seed));
  }

  /** What a successful task does. */
  copy({ source, target, digest, operation }: wire.Assignment): void {
    if (operation === wire.TaskOperation.DELETE) this.at(target?.instance ?? "").delete(`${target?.repository}:${target?.tag}`);
    else if (source !== undefined && target !== undefined) this.at(target.instance).set(`${target.repository}:${target.tag}`, digest);
  }

  names(instance: string, repository: string): wire.NamesPage {
    const tags = this.list(instance).flatMap((found) => (found.repository === repository ? [found.tag] : []));
    return { repository, page: 0, last: true, tags };
  }

  list(instance: string): wire.FoundTag[] {
    return [...this.at(instance)].map(([name, digest]) => {
      const [repository = "", tag = ""] = name.split(":");
      return { repository, tag, digest };
    });
  }
}

export function fakeDigest(seed: number): string {
  return `sha256:${seed.toString(16).padStart(64, "0")}`;
}

/** When a fake image was created: later with a higher seed; not known of seeds from 100 on. */
export function fakeCreated(digest: string): number | undefined {
  const seed = Number.parseInt(digest.slice("sha256:".length), 16);
  return seed < 100 ? seed : undefined;
}
