/** `20261121T093000Z`, as AWS signature version 4 and its likes write it. */
const BASIC_ISO = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** Date and lifetime in seconds: S3 and what is compatible with it, Google Cloud Storage, Alibaba OSS (signature version 4 each). */
const DATED = [
  ["x-amz-date", "x-amz-expires"],
  ["x-goog-date", "x-goog-expires"],
  ["x-oss-date", "x-oss-expires"],
] as const;

/**
 * When a signed URL ends to be accepted, in milliseconds since the epoch; undefined where it does not say so in a way that is known. Read are the forms of S3,
 * Google and OSS (version 4), `Expires` in seconds since the epoch (S3 version 2, OSS, CloudFront), Azure's `se`, and Tencent COS's `q-sign-time=start;end`.
 */
export function signedUrlExpiry(url: URL): number | undefined {
  const parameters = new Map([...url.searchParams].map(([name, value]) => [name.toLowerCase(), value]));
  for (const [date, lifetime] of DATED) {
    const signedAt = basicIso(parameters.get(date));
    const seconds = wholeSeconds(parameters.get(lifetime));
    if (signedAt !== undefined && seconds !== undefined) return signedAt + seconds * 1000;
  }
  const cos = /^\d{1,12};(\d{1,12})$/.exec(parameters.get("q-sign-time") ?? "")?.[1];
  const epoch = wholeSeconds(parameters.get("expires") ?? cos);
  if (epoch !== undefined) return epoch * 1000;
  const azure = Date.parse(parameters.get("se") ?? "");
  return Number.isNaN(azure) ? undefined : azure;
}

function basicIso(text: string | undefined): number | undefined {
  const [, year, month, day, hour, minute, second] = (BASIC_ISO.exec(text ?? "") ?? []).map(Number);
  return year === undefined ? undefined : Date.UTC(year, (month ?? 1) - 1, day, hour, minute, second);
}

function wholeSeconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}
