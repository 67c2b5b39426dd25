import { createHash, type Hash } from "node:crypto";

/** The digest algorithms of the image spec that this registry stores. */
export type Algorithm = "sha256" | "sha512";

const ENCODED_LENGTH = { sha256: 64, sha512: 128 } as const satisfies Record<Algorithm, number>;

/** `<algorithm>:<lower-case hex>` taken apart, or undefined when it is anything else. */
export function parseDigest(text: string): { algorithm: Algorithm; encoded: string } | undefined {
  const [algorithm, encoded = "", ...rest] = text.split(":");
  if (rest.length > 0 || !isAlgorithm(algorithm)) return undefined;
  if (encoded.length !== ENCODED_LENGTH[algorithm] || !/^[0-9a-f]+$/.test(encoded)) return undefined;
  return { algorithm, encoded };
}

/** Whether the word names an algorithm that this registry stores. */
export function isAlgorithm(word: string | null | undefined): word is Algorithm {
  return word === "sha256" || word === "sha512";
}

/** The digest of bytes, `sha256:<hex>` unless another algorithm is named. */
export function digestOf(bytes: Uint8Array, algorithm: Algorithm = "sha256"): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

/** A digest that grows with an upload and can be read at any time. */
export class RunningDigest {
  readonly algorithm: Algorithm;
  readonly #hash: Hash;

  constructor(algorithm: Algorithm) {
    this.algorithm = algorithm;
    this.#hash = createHash(algorithm);
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** The digest of everything so far; more may follow. */
  current(): string {
    return `${this.algorithm}:${this.#hash.copy().digest("hex")}`;
  }
}

/** The digest of a stream, read once. */
export async function digestOfChunks(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, algorithm: Algorithm): Promise<string> {
  const running = new RunningDigest(algorithm);
  for await (const chunk of chunks) running.update(chunk);
  return running.current();
}
