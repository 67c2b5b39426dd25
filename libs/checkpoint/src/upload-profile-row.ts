import type { RememberedProfile, UploadProfile } from "@transship/transfer";

/** A row of `upload_profiles`. */
export interface ProfileRow {
  readonly single_post: UploadProfile["singlePost"];
  readonly patches: UploadProfile["patches"];
  readonly whole_put: 0 | 1;
  readonly min_chunk_bytes: number;
  readonly max_body_bytes: number | null;
  readonly status_trusted: 0 | 1;
  readonly learned_at: number;
}

export function profileOf(row: ProfileRow): RememberedProfile {
  const profile = {
    singlePost: row.single_post,
    patches: row.patches,
    wholePut: row.whole_put === 1,
    minChunkBytes: row.min_chunk_bytes,
    maxBodyBytes: row.max_body_bytes ?? undefined,
    statusTrusted: row.status_trusted === 1,
  };
  return { profile, learnedAt: row.learned_at };
}

/** The columns after `registry`, in the order of the table. */
export function valuesOf({ profile, learnedAt }: RememberedProfile): readonly (string | number | null)[] {
  const { singlePost, patches, wholePut, minChunkBytes, maxBodyBytes, statusTrusted } = profile;
  return [singlePost, patches, wholePut ? 1 : 0, minChunkBytes, maxBodyBytes ?? null, statusTrusted ? 1 : 0, learnedAt];
}
