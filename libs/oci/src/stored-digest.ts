import { TransshipError } from "@transship/errors";
import type { Call } from "./client.ts";
import { type Digest, digestAlgorithm } from "./digest.ts";
import type { Answer } from "./exchange.ts";
import { headerDigest } from "./read-manifest.ts";

/** Throws `DIGEST_INVALID` where the answer to a finished upload names another digest of the same algorithm. Registries may name none, or one of their own choice. */
export function checkStored(call: Call, answer: Answer, digest: Digest): void {
  const counted = headerDigest(answer);
  if (counted === undefined || counted === digest || digestAlgorithm(counted) !== digestAlgorithm(digest)) return;
  throw new TransshipError("DIGEST_INVALID", {
    what: call.what,
    why: `${digest} was sent and the registry stored ${counted}`,
    digests: [digest, counted],
  });
}
