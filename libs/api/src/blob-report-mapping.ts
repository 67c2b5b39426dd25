import type { BlobReport, Rung, Way } from "@transship/model";
import { type BlobReport as BlobReportMessage, Rung as RungMessage, Way as WayMessage } from "./gen/transship/v1/task.ts";

const RUNGS = {
  existing: RungMessage.EXISTING,
  mounted: RungMessage.MOUNTED,
  joined: RungMessage.JOINED,
  resumed: RungMessage.RESUMED,
  sibling: RungMessage.SIBLING,
  copied: RungMessage.COPIED,
} as const satisfies Record<Rung, RungMessage>;

const WAYS = {
  stream: WayMessage.STREAM,
  spooled: WayMessage.SPOOLED,
  segmented: WayMessage.SEGMENTED,
} as const satisfies Record<Way, WayMessage>;

export function blobReportToMessage(report: BlobReport): BlobReportMessage {
  const { rung, way, from = "" } = report;
  return { ...report, rung: RUNGS[rung], way: way === undefined ? WayMessage.UNSPECIFIED : WAYS[way], from };
}

/** Reports as the model has them. One with a rung of a newer peer is left out: any other rung would be untrue. */
export function blobReportsFromMessages(messages: readonly BlobReportMessage[]): BlobReport[] {
  return messages.flatMap((message) => {
    const rung = keyOf(RUNGS, message.rung);
    return rung === undefined
      ? []
      : [{ ...message, rung, way: keyOf(WAYS, message.way), from: message.from === "" ? undefined : message.from }];
  });
}

function keyOf<Key extends string, Value>(table: Record<Key, Value>, value: unknown): Key | undefined {
  return (Object.keys(table) as Key[]).find((key) => table[key] === value);
}
