import { setTimeout as sleep } from "node:timers/promises";
import { TransshipError } from "@transship/errors";
import type { Call } from "../command.ts";
import type { Document } from "../documents/document.ts";
import type { Noun } from "../nouns/noun.ts";
import { drawInPlace } from "./draw-in-place.ts";
import { printAsItChanges } from "./print-as-it-changes.ts";

const INTERVAL_MS = 2000;
/** How long a control plane may be away before watching gives up: it may be restarting. */
const PATIENCE_MS = 300_000;

/**
 * Looks again every two seconds until interrupted, or until the one item that is watched can change no more. A terminal shows the newest table in place;
 * elsewhere, and in JSON and YAML, each item is printed when it appears and when it changes.
 * @param look the items, or the first so many of them
 * @param single whether one item by its name is watched
 * @throws TransshipError what looking throws; `CONTROL_PLANE_UNREACHABLE` after the first answer only when it stays away
 */
export async function watchChanges(
  call: Call,
  noun: Noun,
  look: (most: number) => Promise<Document[]>,
  single: boolean,
  intervalMs: number = INTERVAL_MS,
): Promise<void> {
  const format = call.settings.required("output");
  const inPlace = call.streams.out.isTTY && (format === "table" || format === "wide");
  const view = inPlace ? drawInPlace(call, noun) : printAsItChanges(call, noun);
  let answeredAt: number | undefined;
  let isAway = false;
  for (;;) {
    try {
      const items = await look(view.most());
      answeredAt = performance.now();
      isAway = false;
      await view.draw(items);
      if (single && noun.isDone !== undefined && items.every(noun.isDone)) return;
    } catch (error) {
      const unreachable = error instanceof TransshipError && error.code === "CONTROL_PLANE_UNREACHABLE";
      if (!unreachable || answeredAt === undefined || performance.now() - answeredAt > PATIENCE_MS) throw error;
      if (!isAway) view.note("the control plane cannot be reached; trying again");
      isAway = true;
    }
    await sleep(intervalMs, undefined, { signal: call.signal }).catch(() => call.signal.throwIfAborted());
  }
}
