import { type DevRegistry, digestOf, type Fault, type SeededImage, seedImage } from "@transship/dev-registry";
import { type Stage, setStage } from "../stage.ts";
import type { FaultCase } from "./fault-case.ts";

const USER = { username: "u", password: "p" };

/** A fault in place: the registries, what is copied between them, and what goes wrong. */
export interface Scene extends AsyncDisposable {
  readonly stage: Stage;
  readonly image: SeededImage;
  readonly faults: readonly Fault[];
  /** Blobs that were missing at a moment when the image's tag became visible. */
  readonly early: readonly string[];
}

/** Sets a scene: an image with a large layer of `size` bytes at the source, the faults of the case armed. */
export async function setScene(faultCase: FaultCase, size: number): Promise<Scene> {
  const { source, target, sourceOptions, targetOptions = { settings: { missingReferences: "accept" } }, timeouts } = faultCase;
  const login = [sourceOptions, targetOptions].some((options) => options?.auth !== undefined);
  await using opened = new AsyncDisposableStack();
  const stage = opened.use(
    await setStage({
      ...(sourceOptions && { source: sourceOptions }),
      target: targetOptions,
      ...(timeouts && { timeouts }),
      ...(login && { credential: USER }),
    }),
  );
  const layers = [
    { size: 2_000, seed: 1 },
    { size, seed: "layer" },
  ];
  const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers });
  await faultCase.prepare?.(stage, image);
  const early = watchTags(stage.target, image);
  const faults = [...arm(stage.source, source), ...arm(stage.target, target)];
  if (faultCase.heals === true) heal(faults, opened);
  const everything = opened.move();
  return { stage, image, faults, early, [Symbol.asyncDispose]: () => everything.disposeAsync() };
}

/** What of an image is missing or wrong at a registry, in words; empty when everything is there, byte for byte. */
export async function findLosses(target: DevRegistry, repository: string, image: SeededImage): Promise<string[]> {
  const { catalogue } = target.storage;
  const losses: string[] = [];
  if (catalogue.tagDigest(repository, image.tag ?? "") !== image.digest) losses.push("the tag has another digest");
  const manifest = await target.storage.readManifest(repository, image.digest);
  if (manifest === undefined || digestOf(manifest.bytes) !== image.digest) losses.push("the manifest is missing or wrong");
  for (const blob of image.blobs) {
    if (!catalogue.hasBlob(repository, blob.digest)) losses.push(`blob ${blob.digest} is missing`);
    else if ((await digestOfContent(target, blob.digest, blob.size)) !== blob.digest) losses.push(`blob ${blob.digest} is wrong`);
  }
  return losses;
}

async function digestOfContent({ storage }: DevRegistry, digest: string, size: number): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of storage.readContent(digest, 0, size - 1)) parts.push(part);
  return digestOf(Buffer.concat(parts));
}

function watchTags({ storage }: DevRegistry, image: SeededImage): string[] {
  const missing: string[] = [];
  const setTag = storage.setTag.bind(storage);
  storage.setTag = async (repository, tag, digest) => {
    const lacking = image.blobs.filter((blob) => !storage.catalogue.hasBlob(repository, blob.digest));
    if (digest === image.digest) missing.push(...lacking.map((blob) => blob.digest));
    await setTag(repository, tag, digest);
  };
  return missing;
}

function arm(registry: DevRegistry, rules: FaultCase["source"] = []): Fault[] {
  return rules.map((rule) => registry.faults.add(rule));
}

function heal(faults: readonly Fault[], opened: AsyncDisposableStack): void {
  const timer = setInterval(() => {
    for (const fault of faults) if (fault.fired > 0) fault.remove();
  }, 1);
  opened.defer(() => clearInterval(timer));
}
