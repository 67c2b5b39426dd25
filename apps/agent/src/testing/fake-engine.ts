import { NO_BYTES, NO_PROGRESS } from "@transship/model";
import { digestOf } from "@transship/oci";
import type { CopyCost, CopyEngine, CopyOptions, CopyRequest, CopyResult } from "@transship/transfer";

/** A copy that a test steers. */
export interface FakeCopy {
  readonly request: CopyRequest;
  readonly options: CopyOptions;
  finish(outcome?: CopyResult["outcome"], copied?: number, blobs?: CopyResult["blobs"]): void;
  fail(error: Error, cost?: Partial<CopyCost>): void;
}

/** An engine whose copies end when the test says so, or by their signal. */
export class FakeEngine implements CopyEngine {
  readonly copies: FakeCopy[] = [];
  running = 0;
  mostAtOnce = 0;
  disposed = false;
  /** Ends each copy by itself where it is set. */
  script: ((copy: FakeCopy) => void) | undefined;

  async copy(request: CopyRequest, options: CopyOptions = {}): Promise<CopyResult> {
    let cost: CopyCost = { progress: NO_PROGRESS, blobs: [] };
    const observed: CopyOptions = {
      ...options,
      onProgress: ({ phase, ...progress }) => {
        cost = { ...cost, progress };
        options.onProgress?.({ phase, ...progress });
      },
    };
    this.running += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
    try {
      return await new Promise<CopyResult>((resolve, reject) => {
        options.signal?.addEventListener("abort", () => reject(options.signal?.reason));
        const copy: FakeCopy = {
          request,
          options: observed,
          finish: (outcome = "copied", copied = 0, blobs = []) => {
            const result = { ...resultOf(request, outcome, copied), blobs };
            cost = { progress: result.progress, blobs };
            resolve(result);
          },
          fail: (error, more = {}) => {
            cost = { ...cost, ...more };
            reject(error);
          },
        };
        this.copies.push(copy);
        this.script?.(copy);
      });
    } finally {
      this.running -= 1;
      options.onEnd?.(cost);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
  }
}

function resultOf(request: CopyRequest, outcome: CopyResult["outcome"], copied: number): Omit<CopyResult, "blobs"> {
  const digest = request.digest ?? digestOf(Buffer.from(request.reference));
  return { outcome, digest, progress: { totalBytes: copied, doneBytes: copied, fetchedBytes: copied, bytes: { ...NO_BYTES, copied } } };
}
