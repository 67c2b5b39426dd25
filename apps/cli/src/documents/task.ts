import { blobReportsFromMessages, progressFromMessage, taskStateFromMessage, type wire } from "@transship/api";
import type { ArtifactPlace, BlobReport, TaskProgress, TaskState, UploadWay, Way } from "@transship/model";
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
  readonly spec: { readonly source: ArtifactPlace; readonly target: ArtifactPlace; readonly digest: string };
  readonly status: TaskProgress & {
    readonly state: TaskState;
    readonly agent?: string;
    readonly placement?: string;
    readonly attempts: number;
    readonly epoch: number;
    readonly nextAttemptAt?: string;
    readonly skipReason?: string;
    readonly failure?: FailureDocument;
    /** What each blob cost. Absent in lists. */
    readonly blobs?: readonly BlobDocument[];
  };
}

/** What a blob cost, as JSON has it: one that was not copied has neither way nor upload. */
export type BlobDocument = Omit<BlobReport, "way" | "upload"> & { readonly way?: Way; readonly upload?: UploadWay };

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
    spec: { source: message.source ?? NOWHERE, target: message.target ?? NOWHERE, digest: message.digest },
    status: {
      state: taskStateFromMessage(message.state) ?? "queued",
      ...who,
      attempts: message.attempts,
      epoch: message.epoch,
      ...present({ nextAttemptAt: message.nextAttemptAt, skipReason: message.skipReason }),
      ...progressFromMessage(message.progress),
      ...(failure === undefined ? {} : { failure }),
    },
  };
}

/** A task of the wire, answered alone and so with its blobs, as JSON. */
export function wholeTaskDocument(message: wire.Task): TaskDocument {
  const task = taskDocument(message);
  const blobs = blobReportsFromMessages(message.blobs).map(({ digest, size, rung, way, upload, ...numbers }) => ({
    digest,
    size,
    rung,
    ...(way === undefined ? {} : { way }),
    ...(upload === undefined ? {} : { upload }),
    ...numbers,
  }));
  return { ...task, status: { ...task.status, blobs } };
}
