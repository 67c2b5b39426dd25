import { TransshipError } from "@transship/errors";
import { type ArtifactPlace, type Instance, parseImageName } from "@transship/model";

/** What somebody asked for: at one instance, or at whichever has it. */
export interface TraceStart {
  readonly instance: Instance | undefined;
  readonly repository: string;
  /** A tag, or a digest. */
  readonly reference: string;
}

/**
 * Reads `repository:tag`, `INSTANCE/repository:tag` or a reference whose host is that of an endpoint; a digest in place of the tag. The name of an instance goes before a
 * repository of that name. Pure.
 * @throws TransshipError `INVALID_ARGUMENT` for what is no image, and for a host that no instance has.
 */
export function findStart(text: string, instances: readonly Instance[]): TraceStart {
  const image = parseImageName(text);
  if (image === undefined) {
    const hint = "Give repository:tag, repository@sha256:…, INSTANCE/repository:tag, or a reference with its registry's host.";
    throw new TransshipError("INVALID_ARGUMENT", { what: `image ${JSON.stringify(text)}`, why: "it is no name of an image", hint });
  }
  const { name, reference } = image;
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const rest = name.slice(slash + 1);
  const named =
    instances.find((instance) => instance.name === first) ?? instances.find((instance) => hostsOf(instance).includes(first.toLowerCase()));
  if (named !== undefined) return { instance: named, repository: rest, reference };
  if (/[:.A-Z[]/.test(first) || first === "localhost") {
    throw new TransshipError("INVALID_ARGUMENT", { what: `image ${text}`, why: `no endpoint of an instance is at ${first}` });
  }
  return { instance: undefined, repository: name, reference };
}

function hostsOf({ spec }: Instance): string[] {
  return spec.endpoints.map(({ url }) => new URL(url).host);
}

/** The place that was asked for, at an instance. */
export function startAt({ repository, reference }: TraceStart, instance: Instance): ArtifactPlace {
  return { instance: instance.name, repository, tag: reference };
}
