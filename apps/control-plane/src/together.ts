/** A step that several ask for at the same time and that is done once for all of them: gauges of one scrape that are filled by one reading. */
export function together(step: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= step().finally(() => {
      running = undefined;
    });
    return running;
  };
}
