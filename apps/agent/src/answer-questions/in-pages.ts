/** A page goes out at the latest after so many milliseconds, even an empty one: silence would look like an agent that hangs. */
const EVERY_MS = 5_000;

/**
 * Gathers items into pages of at most `size`. The first has at most `first` and each one after it up to twice as many as the one before, so that whoever reads them can begin early. The
 * last page may be empty, so there is always at least one.
 */
export async function* inPages<T>(
  items: AsyncIterable<T>,
  size: number,
  { first = size, everyMs = EVERY_MS } = {},
): AsyncGenerator<readonly T[]> {
  const source = items[Symbol.asyncIterator]();
  let page: T[] = [];
  let full = Math.min(first, size);
  let next = source.next();
  try {
    for (;;) {
      const arrived = await within(everyMs, next);
      if (arrived?.done === true) break;
      if (arrived !== undefined) {
        page.push(arrived.value);
        next = source.next();
        // Seen when it is awaited; the reader of a page may take its time.
        next.catch(() => undefined);
      }
      if (arrived === undefined || page.length >= full) {
        yield page;
        page = [];
        full = Math.min(full * 2, size);
      }
    }
    yield page;
  } finally {
    await source.return?.();
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
