import { NO_BYTES } from "@transship/model";
import { digestOf } from "@transship/oci";
import type { CopyEngine, CopyOptions, CopyRequest, CopyResult } from "@transship/transfer";

/** A copy that a test steers. */
export interface FakeCopy {
  readonly request: CopyRequest;
  readonly options: CopyOptions;
  finish(outcome?: CopyResult["outcome"], copied?: number, blobs?: CopyResult["blobs"]): void;
  fail(error: Error): void;
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
    this.running += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
    try {
      return await new Promise<CopyResult>((resolve, reject) => {
        options.signal?.addEventListener("abort", () => reject(options.signal?.reason));
        const copy: FakeCopy = {
          request,
          options,
          finish: (outcome = "copied", copied = 0, blobs = []) => resolve({ ...resultOf(request, outcome, copied), blobs }),
          fail: reject,
        };
        this.copies.push(copy);
        this.script?.(copy);
      });
    } finally {
      this.running -= 1;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
  }
}

function resultOf(request: CopyRequest, outcome: CopyResult["outcome"], copied: number): Omit<CopyResult, "blobs"> {
  const digest = request.digest ?? digestOf(Buffer.from(request.reference));
  return { outcome, digest, progress: { totalBytes: copied, doneBytes: copied, bytes: { ...NO_BYTES, copied } } };
}
