import { z } from "zod";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  kB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};
const BYTE_FORMS = "must be a whole number of bytes above zero, or text such as 50MiB, 500kB or 1GiB";

/** Bytes as a number, or as text with a unit (B, kB, MB, GB by the thousand; KiB, MiB, GiB by 1024); always stored as a number. */
const byteCount = z.union([z.number(), z.string()], { error: BYTE_FORMS }).transform((given, context) => {
  const bytes = typeof given === "number" ? given : bytesOf(given);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  context.addIssue({ code: "custom", message: BYTE_FORMS });
  return z.NEVER;
});

/** What an instance may be asked for. What is absent is not limited. */
export const limitsSchema = z.strictObject({
  /** Bytes of blobs per second, read and written added up. */
  bytesPerSecond: byteCount.optional(),
  requestsPerSecond: z.number("must be a number of requests").positive("must be above zero").optional(),
  /** Requests in flight at a time. */
  connections: z
    .int("must be a whole number of connections")
    .min(1, "must be at least 1")
    .max(65_535, "must be at most 65535: an address has no more ports")
    .optional(),
});

export type Limits = z.infer<typeof limitsSchema>;

/** NaN for text that has another form. */
function bytesOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text);
  return Math.round(Number(match?.[1]) * (UNITS[match?.[2] ?? ""] ?? Number.NaN));
}
