/** Bytes kept in the pieces they came in: joining hundreds of megabytes costs more than receiving them. */
export class ChunkList {
  readonly #chunks: Uint8Array[] = [];
  /** Where each chunk begins. */
  readonly #starts: number[] = [];
  length = 0;

  append(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#starts.push(this.length);
    this.length += chunk.length;
  }

  /** Bytes `start` to `end`, both included, without copying. */
  *slice(start: number, end: number): Generator<Uint8Array> {
    for (let index = this.#indexOf(start); index < this.#chunks.length; index++) {
      const chunk = this.#chunks[index];
      const begins = this.#starts[index];
      if (chunk === undefined || begins === undefined || begins > end) return;
      yield chunk.subarray(Math.max(0, start - begins), Math.min(chunk.length, end - begins + 1));
    }
  }

  // Binary search for the last chunk that begins at or before the position.
  #indexOf(position: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
