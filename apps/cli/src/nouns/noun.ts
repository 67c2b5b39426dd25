import type { ControlPlane } from "../connection/control-plane.ts";
import type { Document } from "../documents/document.ts";
import type { View } from "../output/print.ts";
import type { Settings } from "../settings.ts";

/** What `list`, `get` and `describe` need to know of a noun. */
export interface Noun<D extends Document = Document> extends View<D> {
  /** Items that the command's filters let through, one page after the other. */
  readonly list: (controlPlane: ControlPlane, settings: Settings) => AsyncIterable<D>;
  /** One item. @throws TransshipError `NOT_FOUND`. */
  readonly get: (controlPlane: ControlPlane, name: string) => Promise<D>;
  /** An item without what `related` shows of it in a better form. */
  readonly brief?: (item: D) => Document;
  /** An item in sentences, which `describe` begins with. */
  readonly tell?: (item: D, now: Date) => readonly string[];
  /** What belongs to an item and is shown below it: headed blocks of text. */
  readonly related?: (controlPlane: ControlPlane, item: D) => AsyncIterable<{ readonly title: string; readonly text: string }>;
  /** Whether an item can change no more, so that watching it alone can end. */
  readonly isDone?: (item: D) => boolean;
}
