import {
  RUNGS as ALL_RUNGS,
  type BlobReport,
  type BlobState,
  type BlobSums,
  NO_BLOBS,
  type Rung,
  sumsOf,
  type UploadWay,
  type Way,
} from "@transship/model";
import {
  type BlobReport as BlobReportMessage,
  BlobState as BlobStateMessage,
  Rung as RungMessage,
  type RungSum as RungSumMessage,
  UploadWay as UploadWayMessage,
  Way as WayMessage,
} from "./gen/transship/v1/task.ts";

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

const UPLOADS = {
  "single-post": UploadWayMessage.SINGLE_POST,
  monolithic: UploadWayMessage.MONOLITHIC,
  "patch-then-put": UploadWayMessage.PATCH_THEN_PUT,
  chunked: UploadWayMessage.CHUNKED,
} as const satisfies Record<UploadWay, UploadWayMessage>;

const BLOB_STATES = {
  done: BlobStateMessage.DONE,
  failed: BlobStateMessage.FAILED,
  "under-way": BlobStateMessage.UNDER_WAY,
} as const satisfies Record<BlobState, BlobStateMessage>;

export function blobReportToMessage(report: BlobReport): BlobReportMessage {
  const { rung, way, upload, from = "", state } = report;
  return {
    ...report,
    rung: RUNGS[rung],
    way: way === undefined ? WayMessage.UNSPECIFIED : WAYS[way],
    upload: upload === undefined ? UploadWayMessage.UNSPECIFIED : UPLOADS[upload],
    from,
    state: BLOB_STATES[state],
  };
}

/** Reports as the model has them. One with a rung of a newer peer is left out: any other rung would be untrue. */
export function blobReportsFromMessages(messages: readonly BlobReportMessage[]): BlobReport[] {
  return messages.flatMap((message) => {
    const rung = keyOf(RUNGS, message.rung);
    return rung === undefined
      ? []
      : [
          {
            ...message,
            rung,
            way: keyOf(WAYS, message.way),
            upload: keyOf(UPLOADS, message.upload),
            from: message.from === "" ? undefined : message.from,
            state: keyOf(BLOB_STATES, message.state) ?? "done",
          },
        ];
  });
}

/** Sums as messages: rungs that no blob came to are left out. */
export function blobSumsToMessages(sums: BlobSums): RungSumMessage[] {
  return ALL_RUNGS.filter((rung) => sums[rung].count > 0 || sums[rung].retries > 0).map((rung) => ({ rung: RUNGS[rung], ...sums[rung] }));
}

/** Sums as the model has them. Rungs of a newer peer are left out. */
export function blobSumsFromMessages(messages: readonly RungSumMessage[]): BlobSums {
  return sumsOf((rung) => {
    const { count, bytes, retries } = messages.find((message) => message.rung === RUNGS[rung]) ?? NO_BLOBS[rung];
    return { count, bytes, retries };
  });
}

function keyOf<Key extends string, Value>(table: Record<Key, Value>, value: unknown): Key | undefined {
  return (Object.keys(table) as Key[]).find((key) => table[key] === value);
}
