/**
 * Maps what `source` yields, up to `atOnce` items at the same time, and yields each result in the order of the source as soon as it is there. The source is read ahead
 * only that far. Throws the first failure in that order, the source's own after all results before it.
 */
export async function* inOrder<In, Out>(source: AsyncIterable<In>, atOnce: number, map: (item: In) => Promise<Out>): AsyncGenerator<Out> {
  const items = source[Symbol.asyncIterator]();
  const running: Promise<Out>[] = [];
  let reading: Promise<"read"> | undefined;
  let open = true;
  const read = async (): Promise<"read"> => {
    const item = await items.next();
    if (item.done === true) open = false;
    else running.push(handled(map(item.value)));
    return "read";
  };
  try {
    for (;;) {
      if (open && reading === undefined && running.length < atOnce) reading = handled(read());
      const [first] = running;
      if (first === undefined && reading === undefined) return;
      const ready = await Promise.race([reading, first?.then(() => "mapped" as const)].filter((one) => one !== undefined)).catch(
        () => "failed" as const,
      );
      if (ready === "read") reading = undefined;
      else if (first !== undefined) {
        yield await first;
        void running.shift();
      } else await reading;
    }
  } finally {
    const closed = items.return?.();
    // A source that is being read closes only when that is over, which whoever left may have to bring about first.
    if (reading === undefined) await closed;
    else closed?.catch(() => undefined);
  }
}

/** A failure is reported when its turn comes; this keeps it from counting as unhandled until then. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
