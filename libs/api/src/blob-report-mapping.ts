import type { BlobReport, Rung, UploadWay, Way } from "@transship/model";
import {
  type BlobReport as BlobReportMessage,
  Rung as RungMessage,
  UploadWay as UploadWayMessage,
  Way as WayMessage,
} from "./gen/transship/v1/task.ts";

const RUNGS = {
  existing: RungMessage.EXISTING,
  mounted: RungMessage.MOUNTED,
  joined: RungMessage.JOINED,
  resumed: RungMessage.RESUMED,
  copied: RungMessage.COPIED,
} as const satisfies Record<Rung, RungMessage>;

const WAYS = {
  stream: WayMessage.STREAM,
  spooled: WayMessage.SPOOLED,
  segmented: WayMessage.SEGMENTED,
} as const satisfies Record<Way, WayMessage>;

const UPLOADS = {
  "single-post": UploadWayMessage.SINGLE_POST,
  monolithic: UploadWayMessage.MONOLITHIC,
  "patch-then-put": UploadWayMessage.PATCH_THEN_PUT,
  chunked: UploadWayMessage.CHUNKED,
} as const satisfies Record<UploadWay, UploadWayMessage>;

export function blobReportToMessage(report: BlobReport): BlobReportMessage {
  return {
    ...report,
    rung: RUNGS[report.rung],
    way: report.way === undefined ? WayMessage.UNSPECIFIED : WAYS[report.way],
    upload: report.upload === undefined ? UploadWayMessage.UNSPECIFIED : UPLOADS[report.upload],
  };
}

/** Reports as the model has them. One with a rung of a newer peer is left out: any other rung would be untrue. */
export function blobReportsFromMessages(messages: readonly BlobReportMessage[]): BlobReport[] {
  return messages.flatMap((message) => {
    const rung = keyOf(RUNGS, message.rung);
    return rung === undefined ? [] : [{ ...message, rung, way: keyOf(WAYS, message.way), upload: keyOf(UPLOADS, message.upload) }];
  });
}

function keyOf<Key extends string, Value>(table: Record<Key, Value>, value: unknown): Key | undefined {
  return (Object.keys(table) as Key[]).find((key) => table[key] === value);
}
