/**
 * Maps what `source` yields, up to `atOnce` items at the same time, and yields the results in the order of the source. The source is read ahead only that far.
 * Throws the first failure in that order.
 */
export async function* inOrder<In, Out>(source: AsyncIterable<In>, atOnce: number, map: (item: In) => Promise<Out>): AsyncGenerator<Out> {
  const running: Promise<Out>[] = [];
  const next = () => running.shift() as Promise<Out>;
  for await (const item of source) {
    const result = map(item);
    // Reported when its turn comes; this keeps a failure from counting as unhandled until then.
    result.catch(() => undefined);
    running.push(result);
    if (running.length >= atOnce) yield await next();
  }
  while (running.length > 0) yield await next();
}
