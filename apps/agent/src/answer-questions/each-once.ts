import { Patience } from "@transship/transfer";

/**
 * Names of a paged listing, each once. A page that fails makes the listing begin again, patiently; what was seen is not repeated.
 * @throws TransshipError what a page failed with in the end; the client names the page.
 */
export async function* eachOnce(list: () => AsyncIterable<readonly string[]>, signal: AbortSignal): AsyncGenerator<string> {
  const seen = new Set<string>();
  const patience = new Patience("source", signal);
  for (;;) {
    const reader = list()[Symbol.asyncIterator]();
    try {
      for (;;) {
        const page = await nextPage(reader, patience);
        if (page === "again") break;
        if (page.done === true) return;
        for (const name of page.value) {
          if (seen.has(name)) continue;
          seen.add(name);
          yield name;
        }
      }
    } finally {
      await reader.return?.();
    }
  }
}

/** The next page; `again` where it failed and the listing may begin anew. Only the registry's failures are retried, never the reader's own. */
async function nextPage(
  reader: AsyncIterator<readonly string[]>,
  patience: Patience,
): Promise<IteratorResult<readonly string[]> | "again"> {
  try {
    return await reader.next();
  } catch (thrown) {
    await patience.pause(thrown);
    return "again";
  }
}
