import { createCipheriv, createHash } from "node:crypto";
import { digestOfChunks } from "../digest.ts";

/** A blob that exists only as its recipe. */
export interface SyntheticBlob {
  readonly seed: string;
  /** Bytes. */
  readonly size: number;
  /** `sha256:…` of those bytes. */
  readonly digest: string;
}

const BLOCK = 16;
const CHUNK = 1 << 20;
const ZEROES = Buffer.alloc(CHUNK);
const known = new Map<string, Promise<string>>();

/**
 * Bytes `start` to `end` (both included) of the endless pseudo-random run that belongs to a seed. AES in counter mode
 * gives random access and gigabytes a second; it serves as a generator here, not as protection.
 */
export function* randomRun(seed: string, start: number, end: number): Generator<Uint8Array> {
  const key = createHash("sha256").update(seed).digest().subarray(0, BLOCK);
  const counter = Buffer.alloc(BLOCK);
  counter.writeBigUInt64BE(BigInt(Math.floor(start / BLOCK)), BLOCK / 2);
  const cipher = createCipheriv("aes-128-ctr", key, counter);
  if (start % BLOCK > 0) cipher.update(ZEROES.subarray(0, start % BLOCK));
  for (let left = end - start + 1; left > 0; left -= CHUNK) {
    yield cipher.update(left < CHUNK ? ZEROES.subarray(0, left) : ZEROES);
  }
}

/** The first `size` bytes of a seed's run, in memory. */
export function randomBytesOf(seed: string, size: number): Uint8Array {
  return Buffer.concat([...randomRun(seed, 0, size - 1)]);
}

/** Describes a blob of `size` bytes. The digest is computed once per process and recipe, in constant memory. */
export async function syntheticBlob(seed: string, size: number): Promise<SyntheticBlob> {
  const recipe = `${size}:${seed}`;
  const digest = known.get(recipe) ?? digestOfChunks(randomRun(seed, 0, size - 1), "sha256");
  known.set(recipe, digest);
  return { seed, size, digest: await digest };
}
