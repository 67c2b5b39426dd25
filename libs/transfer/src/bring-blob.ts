import { TransshipError } from "@transship/errors";
import type { BlobUpload } from "@transship/oci";
import type { Blob } from "./blob.ts";
import type { BlobAccount } from "./blob-account.ts";
import { isStreamed } from "./choose-way.ts";
import type { Journey } from "./journey.ts";
import { findSibling } from "./sibling/find-sibling.ts";
import { spoolBlob } from "./spool/spool-blob.ts";
import { streamBlob } from "./stream/stream-blob.ts";
import { sendSmall } from "./upload/send-small.ts";
import { SMALL_BYTES } from "./upload/upload-profile.ts";

/** The last rungs: resumed from a checkpoint where there is one, else copied from a sibling or the source; in the way that the path asks for. */
export async function bringBlob(account: BlobAccount, whole: Journey, opened: BlobUpload | undefined): Promise<void> {
  const { blob } = account;
  account.rung = "copied";
  if (whole.fetched.has(blob.digest)) account.count("wasted", blob.size);
  whole.fetched.add(blob.digest);
  const sibling = await findSibling(blob, whole);
  await bringBytes(account, { ...whole, sibling }, opened);
  if (sibling !== undefined && sibling.bytes > 0) account.cameFrom(sibling.name, sibling.usable);
}

async function bringBytes(account: BlobAccount, journey: Journey, opened: BlobUpload | undefined): Promise<void> {
  const { blob } = account;
  if (blob.size <= SMALL_BYTES) return await sendSmall(account, journey, opened);
  const resumable = journey.journal.pieces(blob.digest).length > 0;
  if ((resumable || !isStreamed(blob, journey)) && (await spoolBlob(account, journey, opened))) return;
  if (await streamBlob(account, journey, opened)) return;
  if (!(await spoolBlob(account, journey, undefined))) throw tooLarge(blob);
}

/** The target wants it in pieces, which can be sent again only from disk, and the disk has no room for it. */
function tooLarge(blob: Blob): TransshipError {
  return new TransshipError("UPLOAD_TOO_LARGE", {
    what: `uploading blob ${blob.digest}`,
    why: `the target takes it only in smaller requests, and its ${blob.size} bytes are more than the spool may hold`,
    hint: "Raise --spool-limit on the agent, or the limit on the size of requests at the target (nginx: client_max_body_size).",
    side: "target",
  });
}
