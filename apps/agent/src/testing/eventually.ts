import { setTimeout as sleep } from "node:timers/promises";

/** Waits until `look` finds something; fails with `what` after `ms` milliseconds. */
export async function eventually<T>(what: string, look: () => T | undefined | false, ms = 5_000): Promise<T> {
  const deadline = performance.now() + ms;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(5);
  }
}
