import {
  blobReportsFromMessages,
  progressFromMessage,
  taskLegFromMessage,
  taskOperationFromMessage,
  taskStateFromMessage,
  type wire,
} from "@transship/api";
import type {
  ArtifactPlace,
  BlobReport,
  TaskLeg,
  TaskOperation,
  TaskPath,
  TaskProgress,
  TaskState,
  UploadWay,
  Way,
} from "@transship/model";
import { type BlobSumsDocument, blobSumsDocument } from "./blobs.ts";
import { type Document, present } from "./document.ts";
import { type FailureDocument, failureDocument } from "./failure.ts";

/** A task as JSON has it. */
export interface TaskDocument extends Document {
  readonly kind: "Task";
  readonly metadata: {
    readonly id: string;
    readonly execution: string;
    readonly createdAt?: string;
    readonly startedAt?: string;
    readonly finishedAt?: string;
  };
  readonly spec: {
    readonly operation: TaskOperation;
    readonly source: ArtifactPlace;
    readonly target: ArtifactPlace;
    readonly digest: string;
  };
  readonly status: TaskProgress & {
    readonly state: TaskState;
    readonly agent?: string;
    readonly placement?: string;
    /** By which endpoints the agent goes. */
    readonly path?: TaskPath;
    /** Which part of its way it was given out for last. */
    readonly leg: TaskLeg;
    /** How it goes by way of a relay where no agent reaches both sides. */
    readonly relay?: {
      readonly place: ArtifactPlace;
      /** Whether the first hop has brought it there. */
      readonly there: boolean;
      readonly firstHop?: { readonly agent: string; readonly placement: string; readonly path?: TaskPath; readonly times: number };
    };
    readonly attempts: number;
    readonly epoch: number;
    readonly nextAttemptAt?: string;
    readonly skipReason?: string;
    /** What was done otherwise than asked for. */
    readonly note?: string;
    /** The rule that leads back from the target: the tag moves only while it is there as it was planned. */
    readonly facing?: string;
    readonly failure?: FailureDocument;
    /** Why it waits, where a registry is the reason. */
    readonly waiting?: string;
    /** What each blob cost in the last attempt that ended. Absent in lists. */
    readonly blobs?: readonly BlobDocument[];
    /** The blobs of all attempts that ended. Absent in lists. */
    readonly overAttempts?: BlobSumsDocument;
  };
}

/** What a blob cost, as JSON has it: one that was not copied has neither way nor upload, one that no sibling had a part in no `from`. */
export type BlobDocument = Omit<BlobReport, "way" | "upload" | "from"> & {
  readonly way?: Way;
  readonly upload?: UploadWay;
  readonly from?: string;
};

const NOWHERE: ArtifactPlace = { instance: "", repository: "", tag: "" };

/** A task of the wire as JSON. */
export function taskDocument(message: wire.Task): TaskDocument {
  const failure = failureDocument(message.failure);
  const times = present({ createdAt: message.createdAt, startedAt: message.startedAt, finishedAt: message.finishedAt });
  const who = present({ agent: message.agent, placement: message.placement });
  return {
    apiVersion: "transship/v1",
    kind: "Task",
    metadata: { id: message.id, execution: message.executionId, ...times },
    spec: {
      operation: taskOperationFromMessage(message.operation) ?? "copy",
      source: message.source ?? NOWHERE,
      target: message.target ?? NOWHERE,
      digest: message.digest,
    },
    status: {
      state: taskStateFromMessage(message.state) ?? "queued",
      ...who,
      ...pathOf(message.path),
      leg: taskLegFromMessage(message.leg),
      ...relayOf(message.relay),
      attempts: message.attempts,
      epoch: message.epoch,
      ...present({ nextAttemptAt: message.nextAttemptAt, waiting: message.waiting, skipReason: message.skipReason, note: message.note }),
      ...present({ facing: message.facing ?? "" }),
      ...progressFromMessage(message.progress),
      ...(failure === undefined ? {} : { failure }),
    },
  };
}

function pathOf(path: wire.TaskPath | undefined): { path?: TaskPath } {
  const { source, target } = path ?? {};
  return source === undefined || target === undefined ? {} : { path: { source: { ...source }, target: { ...target } } };
}

function relayOf(relay: wire.TaskRelay | undefined): Pick<TaskDocument["status"], "relay"> {
  if (relay === undefined) return {};
  const { place = NOWHERE, there, firstAgent: agent, firstPlacement: placement, firstHops: times } = relay;
  const firstHop = { agent, placement, ...pathOf(relay.firstPath), times };
  return { relay: { place: { ...place }, there, ...(times === 0 ? {} : { firstHop }) } };
}

/** A task of the wire, answered alone and so with its blobs, as JSON. */
export function wholeTaskDocument(message: wire.Task): TaskDocument {
  const task = taskDocument(message);
  const blobs = blobReportsFromMessages(message.blobs).map(({ digest, size, state, rung, way, upload, from, ...numbers }) => ({
    digest,
    size,
    state,
    rung,
    ...(way === undefined ? {} : { way }),
    ...(from === undefined ? {} : { from }),
    ...(upload === undefined ? {} : { upload }),
    ...numbers,
  }));
  return { ...task, status: { ...task.status, blobs, overAttempts: blobSumsDocument(message.blobSums) } };
}
