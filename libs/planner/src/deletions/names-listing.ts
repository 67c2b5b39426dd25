/** A page of the names of all tags of one repository, as it was listed. */
export interface NamesPage {
  readonly repository: string;
  /** From 0 without gaps. */
  readonly page: number;
  readonly last: boolean;
  readonly tags: readonly string[];
}

/** The names of all tags of a repository, or why they are not known. One that does not exist has none. */
export type NamesListing = { readonly whole: true; readonly tags: ReadonlySet<string> } | { readonly whole: false; readonly why: string };

/**
 * Puts the pages of listings together. A listing is whole only where all its pages came, in order, up to one that says it is the last; whatever else came is no
 * listing at all, never a short one. Every repository asked for is in the result.
 */
export function gatherNames(repositories: Iterable<string>, pages: Iterable<NamesPage>): Map<string, NamesListing> {
  const listings = new Map([...repositories].map((name) => [name, new Gathering()]));
  for (const page of pages) listings.get(page.repository)?.add(page);
  return new Map([...listings].map(([name, gathering]) => [name, gathering.listing()]));
}

class Gathering {
  readonly #tags = new Set<string>();
  #pages = 0;
  #ended = false;
  #fault: string | undefined;

  add({ page, last, tags }: NamesPage): void {
    if (this.#ended) this.#fault ??= "more came after the last page";
    if (page !== this.#pages) this.#fault ??= `page ${page} came in place of page ${this.#pages}`;
    this.#pages = page + 1;
    this.#ended = last;
    for (const tag of tags) this.#tags.add(tag);
  }

  listing(): NamesListing {
    const why = this.#fault ?? (this.#ended ? undefined : `it broke off after ${this.#pages} pages`);
    return why === undefined ? { whole: true, tags: this.#tags } : { whole: false, why };
  }
}
