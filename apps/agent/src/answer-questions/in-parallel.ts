/**
 * Does `work` for each item, at most `limit` at once, and yields the results in the items' order. When one fails, or the reader stops early, the signal given
 * to the others is aborted and they are waited for, so that nothing runs on unseen.
 */
export async function* inParallel<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<R>,
): AsyncGenerator<R> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const running: Promise<R>[] = [];
  try {
    for await (const item of items) {
      either.throwIfAborted();
      const result = work(item, either);
      // Its failure is seen when its turn comes; until then it must not count as unhandled.
      result.catch(() => undefined);
      running.push(result);
      const first = running[0];
      if (running.length < limit || first === undefined) continue;
      yield await first;
      running.splice(0, 1);
    }
    for (let first = running[0]; first !== undefined; first = running[0]) {
      yield await first;
      running.splice(0, 1);
    }
  } finally {
    stop.abort();
    await Promise.allSettled(running);
  }
}
