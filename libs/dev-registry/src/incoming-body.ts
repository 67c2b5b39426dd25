import type { IncomingMessage } from "node:http";
import type { ArmedFaults } from "./faults/fault-plan.ts";
import { type Piece, shapeBody, shapesBody } from "./faults/shape-body.ts";
import type { RequestRecord, Stats } from "./stats.ts";
import type { Upload } from "./storage/storage.ts";

/** Bytes that are gathered before they are written; one batch is written while the next arrives. */
const BATCH = 1 << 20;

/** The body of a request, read once. Faults that concern bodies act on it as on replies. */
export class IncomingBody {
  readonly #request: IncomingMessage;
  readonly #faults: ArmedFaults;
  readonly #closing: AbortSignal;
  readonly #count: (bytes: number) => void;

  constructor(request: IncomingMessage, faults: ArmedFaults, context: { stats: Stats; record: RequestRecord; closing: AbortSignal }) {
    this.#request = request;
    this.#faults = faults;
    this.#closing = context.closing;
    this.#count = (bytes) => context.stats.received(context.record, bytes);
  }

  /** Content-Length, where the client sent one. */
  get announced(): number | undefined {
    const header = this.#request.headers["content-length"];
    return header === undefined ? undefined : Number(header);
  }

  /** The whole body if it is at most `limit` bytes. */
  async read(limit: number): Promise<Uint8Array | "too-large" | "torn"> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const state = await this.#pump((chunk) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      return undefined;
    });
    if (state === "torn") return "torn";
    return length > limit ? "too-large" : Buffer.concat(chunks);
  }

  /** Appends the body to an upload. When torn, the bytes that arrived are in the upload. */
  async appendTo(upload: Upload): Promise<"complete" | "torn"> {
    let batch: Uint8Array[] = [];
    let gathered = 0;
    let writing: Promise<void> = Promise.resolve();
    const flush = async (): Promise<void> => {
      const full = batch;
      batch = [];
      gathered = 0;
      await writing;
      writing = full.length === 0 ? Promise.resolve() : upload.append(full);
      // It may fail while the next batch is awaited; the failure is met at the next flush.
      writing.catch(() => undefined);
    };
    const state = await this.#pump((chunk) => {
      batch.push(chunk);
      gathered += chunk.length;
      return gathered < BATCH ? undefined : flush();
    });
    await flush();
    await writing;
    return state;
  }

  async #pump(take: (chunk: Uint8Array) => Promise<void> | undefined): Promise<"complete" | "torn"> {
    let failure: unknown;
    try {
      const pieces: AsyncIterable<Piece> = shapesBody(this.#faults)
        ? shapeBody(this.#request, 0, this.#faults, this.#closing)
        : this.#request;
      for await (const piece of pieces) {
        if (typeof piece === "string") return await this.#stop(piece);
        this.#count(piece.length);
        await take(piece)?.catch((error: unknown) => {
          failure = error;
          throw error;
        });
      }
    } catch (error) {
      if (failure !== undefined) throw failure;
      // What remains is the connection's end: the stream throws ECONNRESET when it comes before the body's.
      if (!this.#request.destroyed) throw error;
    }
    return this.#request.complete ? "complete" : "torn";
  }

  async #stop(how: Exclude<Piece, Uint8Array>): Promise<"torn"> {
    const { socket } = this.#request;
    if (how === "cut") socket.resetAndDestroy();
    if (how === "truncate") socket.destroy();
    if (how === "stall" && !socket.destroyed) await new Promise((resolve) => socket.once("close", resolve));
    return "torn";
  }
}
