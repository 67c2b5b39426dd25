import { TransshipError } from "@transship/errors";
import type { BlobUpload, Repository } from "@transship/oci";

/** What a test lets its registry do; what it leaves out fails the test by being no function. */
export type Behaviour = Partial<Omit<Repository, "registry" | "name">>;

export function testRepository(behaviour: Behaviour): Repository {
  return { registry: "https://registry.test", name: "app", ...behaviour } as Repository;
}

/** An upload that takes what it is given. `taken` is told of every chunk. */
export function testUpload(taken: (bytes: Uint8Array) => void): BlobUpload {
  const read = async (bytes: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of bytes) taken(chunk);
  };
  return {
    session: { location: "https://registry.test/upload" },
    offset: 0,
    minChunkBytes: 0,
    tookChunkForAll: false,
    append: async (bytes, length) => {
      await read(bytes);
      return length;
    },
    commit: async (_digest, rest) => {
      if (rest !== undefined) await read(rest.bytes);
    },
    cancel: async () => undefined,
  };
}

export function tooManyRequests(retryAfterMs?: number): TransshipError {
  return new TransshipError("TOOMANYREQUESTS", { what: "a request", why: "answered 429", retryAfterMs });
}

export function registryFailed(retryAfterMs?: number): TransshipError {
  return new TransshipError("REGISTRY_FAILED", { what: "a request", why: "answered 503", retryAfterMs });
}

export function refused(): TransshipError {
  return new TransshipError("CONNECTION_FAILED", { what: "a request", why: "nothing listens there (ECONNREFUSED)" });
}
