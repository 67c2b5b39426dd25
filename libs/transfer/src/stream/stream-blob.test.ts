import { setTimeout as sleep } from "node:timers/promises";
import { type BlobUpload, digestOf, type Repository } from "@transship/oci";
import { describe, expect, it } from "vitest";
import { BlobAccount } from "../blob-account.ts";
import type { Journey } from "../journey.ts";
import { InMemoryJournal } from "../memory-journal.ts";
import { PathMemory } from "../path-memory.ts";
import { Tally } from "../tally.ts";
import { UploadProfiles } from "../upload/upload-profiles.ts";
import { streamBlob } from "./stream-blob.ts";

const MIB = 1024 * 1024;

describe("streamBlob", () => {
  it("does not hold a slow target against the source's path", async () => {
    const piece = Buffer.alloc(MIB / 4, 7);
    const blob = { digest: digestOf(Buffer.concat(Array(8).fill(piece))), size: 2 * MIB };
    async function* bytes() {
      for (let sent = 0; sent < blob.size; sent += piece.byteLength) yield piece;
    }
    const source = {
      registry: "http://source.example",
      readBlob: async () => ({ start: 0, end: blob.size, totalSize: blob.size, bytes: bytes() }),
    } as unknown as Repository;
    let took = 0;
    const slow = {
      commit: async (_digest: string, rest: { bytes: AsyncIterable<Uint8Array> }) => {
        for await (const chunk of rest.bytes) {
          took += chunk.byteLength;
          await sleep(60);
        }
      },
    } as unknown as BlobUpload;
    const journal = new InMemoryJournal();
    const paths = new PathMemory(journal);
    const uploads = new UploadProfiles(journal);
    const target = { registry: "http://target.example" } as unknown as Repository;
    const journey = { source, target, paths, uploads, signal: new AbortController().signal } as unknown as Journey;

    await streamBlob(new BlobAccount(blob, new Tally(undefined)), journey, slow);

    expect(took).toBe(blob.size);
    expect(paths.isShort(source.registry)).toBe(true);
    expect(paths.streamRate(source.registry)).toBeGreaterThan(20 * MIB);
  });
});
