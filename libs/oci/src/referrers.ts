import { TransshipError } from "@transship/errors";
import type { Call, RegistryClient } from "./client.ts";
import { type Descriptor, descriptorJson, isObject, type JsonObject, parseDescriptor } from "./descriptor.ts";
import { type Digest, digestAlgorithm, digestHex, digestOf } from "./digest.ts";
import type { Answer } from "./exchange.ts";
import { LIMITS } from "./limits.ts";
import { type Manifest, type ParsedManifest, parseManifest } from "./manifest.ts";
import { bareMediaType, MEDIA_TYPES } from "./media-types.ts";
import { followPages } from "./pages.ts";
import { readManifest } from "./read-manifest.ts";
import type { CallOptions, Referrers } from "./repository.ts";
import { pullScope } from "./scopes.ts";

/** The tag that lists a subject's referrers where a registry has no API for it (OCI distribution-spec 1.1, "Referrers Tag Schema"). */
export function referrersTag(subject: Digest): string {
  return `${digestAlgorithm(subject)}-${digestHex(subject).slice(0, 64)}`;
}

/** How a manifest is listed among the referrers of its subject: its descriptor with artifact type and annotations. */
export function referrerDescriptor(manifest: Manifest, parsed: ParsedManifest): Descriptor {
  const artifactType = parsed.artifactType ?? parsed.config?.mediaType;
  return {
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(parsed.annotations === undefined ? {} : { annotations: parsed.annotations }),
  };
}

/**
 * The index to put under {@link referrersTag} so that it also lists `referrer`; undefined where it does already. What stands there now is kept.
 * The caller serialises this read-modify-write per repository and subject: registries have no lock for it.
 */
export function addReferrer(present: Manifest | undefined, referrer: Descriptor): Manifest | undefined {
  const index = present === undefined ? undefined : parseManifest(present);
  const manifests = index?.kind === "index" ? index.manifests : [];
  if (manifests.some(({ digest }) => digest === referrer.digest)) return undefined;
  const document = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: [...manifests, referrer].map(descriptorJson) };
  const bytes = Buffer.from(JSON.stringify(document));
  return { digest: digestOf(bytes), mediaType: MEDIA_TYPES.ociIndex, bytes, size: bytes.byteLength };
}

/** Manifests whose subject is `subject`: the referrers API (end-12), else the fallback tag. */
export async function referrers(client: RegistryClient, name: string, subject: Digest, options: CallOptions = {}): Promise<Referrers> {
  const what = `listing the referrers of ${name}@${subject}`;
  const call: Call = {
    operation: "referrers",
    what,
    method: "GET",
    url: client.url(`${name}/referrers/${subject}`),
    subject: "list",
    scopes: pullScope(name),
    headers: { accept: MEDIA_TYPES.ociIndex },
    signal: options.signal,
  };
  const first = await client.send(call);
  if (!hasApi(first)) {
    if (first.status >= 400 && ![400, 404, 405, 406, 501].includes(first.status)) throw await client.refusal(call, first);
    await first.body.discard();
    return { descriptors: await byTag(client, name, subject, options), native: false };
  }
  const open = async (page: Call): Promise<Answer> => {
    const answer = page.url === call.url ? first : await client.send(page);
    if (hasApi(answer)) return answer;
    throw await client.refusal(page, answer);
  };
  const descriptors: Descriptor[] = [];
  for await (const page of followPages(client, call, open, (document) => entriesOf(document, what))) {
    descriptors.push(...page);
    if (descriptors.length > LIMITS.referrers)
      throw new TransshipError("RESPONSE_TOO_LARGE", { what, why: `there are more than ${LIMITS.referrers}` });
  }
  return { descriptors, native: true };
}

function hasApi(answer: Answer): boolean {
  return answer.status === 200 && bareMediaType(answer.headers.get("content-type")) === MEDIA_TYPES.ociIndex;
}

function entriesOf(document: JsonObject, what: string): readonly Descriptor[] {
  const list = document.manifests ?? [];
  if (!Array.isArray(list)) throw new TransshipError("RESPONSE_MALFORMED", { what, why: '"manifests" is not a list' });
  return list.filter(isObject).map((entry, index) => parseDescriptor(entry, `referrers[${index}]`));
}

async function byTag(client: RegistryClient, name: string, subject: Digest, options: CallOptions): Promise<readonly Descriptor[]> {
  const index = await readManifest(client, name, referrersTag(subject), options);
  if (index === undefined) return [];
  const parsed = parseManifest(index);
  return parsed.kind === "index" ? parsed.manifests : [];
}
