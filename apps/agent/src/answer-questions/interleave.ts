/**
 * Opens a sequence for each item, at most `limit` at once, and yields what they bring as it comes. Order is kept within a sequence only. When one fails, or the
 * reader stops early, all are closed.
 */
export async function* interleave<T, R>(items: AsyncIterable<T>, limit: number, open: (item: T) => AsyncIterable<R>): AsyncGenerator<R> {
  const source = items[Symbol.asyncIterator]();
  const sequences = new Map<AsyncIterator<R>, Promise<Arrival<R>>>();
  let next: Promise<IteratorResult<T>> | undefined = source.next();
  try {
    while (next !== undefined || sequences.size > 0) {
      const opening = next !== undefined && sequences.size < limit ? [next] : [];
      const arrived = await Promise.race([...opening, ...sequences.values()]);
      if (!("from" in arrived)) {
        if (arrived.done === true) {
          next = undefined;
          continue;
        }
        const sequence = open(arrived.value)[Symbol.asyncIterator]();
        sequences.set(sequence, advance(sequence));
        next = source.next();
        // Seen when it is raced; until then its failure must not count as unhandled.
        next.catch(() => undefined);
        continue;
      }
      if (arrived.result.done === true) {
        sequences.delete(arrived.from);
        continue;
      }
      yield arrived.result.value;
      sequences.set(arrived.from, advance(arrived.from));
    }
  } finally {
    const iterators: AsyncIterator<unknown>[] = [source, ...sequences.keys()];
    await Promise.allSettled(iterators.map((iterator) => iterator.return?.()));
  }
}

interface Arrival<R> {
  readonly from: AsyncIterator<R>;
  readonly result: IteratorResult<R>;
}

function advance<R>(from: AsyncIterator<R>): Promise<Arrival<R>> {
  const arrival = from.next().then((result) => ({ from, result }));
  arrival.catch(() => undefined);
  return arrival;
}
