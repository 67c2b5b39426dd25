import { distributionEvents } from "./formats/distribution.ts";
import { harborEvents } from "./formats/harbor.ts";
import { harborCloudEvents } from "./formats/harbor-cloud-events.ts";
import type { EventFormat, ReadEvent } from "./formats/hint.ts";

/** Every form that is understood; the first that knows a request reads it. */
const FORMATS: readonly EventFormat[] = [distributionEvents, harborCloudEvents, harborEvents];

/** The events that a registry's request holds; undefined where it is of no form that is known. Never throws, whatever the bytes. */
export function readEvents(body: Uint8Array, contentType: string): ReadEvent[] | undefined {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
  for (const format of FORMATS) {
    const events = format(document, contentType);
    if (events !== undefined) return events;
  }
  return undefined;
}
