import type { Hash } from "node:crypto";
import { createDigestHash, type Digest, digestAlgorithm, hashDigest } from "@transship/oci";
import type { Spool } from "./spool.ts";

/** The running hash of a blob from its first byte, fed in passing by an upload that reads the spool, whichever offset that begins at. */
export class PrefixHash {
  readonly #spool: Spool;
  readonly #hash: Hash;
  #position = 0;
  #found: Digest | undefined;

  constructor(spool: Spool) {
    this.#spool = spool;
    this.#hash = createDigestHash(spool.blob.digest);
  }

  /** The spool's bytes of a range; those not hashed yet are hashed in passing. */
  async *read(start: number, end: number): AsyncGenerator<Uint8Array> {
    await this.#catchUp(start);
    let position = start;
    for await (const bytes of this.#spool.read(start, end)) {
      if (position + bytes.byteLength > this.#position) {
        this.#hash.update(bytes.subarray(this.#position - position));
        this.#position = position + bytes.byteLength;
      }
      position += bytes.byteLength;
      yield bytes;
    }
  }

  /** The digest of the whole blob, all of which must have come. May be asked again, when the commit has to be repeated. */
  async digest(): Promise<Digest> {
    await this.#catchUp(this.#spool.blob.size);
    this.#found ??= hashDigest(this.#hash, digestAlgorithm(this.#spool.blob.digest));
    return this.#found;
  }

  /** Hashes from disk what an upload that was resumed does not read again. */
  async #catchUp(position: number): Promise<void> {
    if (position <= this.#position) return;
    for await (const bytes of this.#spool.read(this.#position, position)) this.#hash.update(bytes);
    this.#position = position;
  }
}
