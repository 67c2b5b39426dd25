/** How far the minor versions of an agent and its control plane may be apart. */
const MOST_MINORS = 1;

/** Which of two peers is behind, and by how much. */
export interface VersionSkew {
  readonly older: "agent" | "control-plane";
  /** One sentence for people. */
  readonly why: string;
  /** Whether they work together all the same. */
  readonly accepted: boolean;
}

/**
 * The difference that matters between the versions of an agent and of a control plane: major and minor, as semantic versions have them; before 1.0 minors count as
 * minors. Undefined where there is none, and where one of them is no version: then nothing can be said.
 */
export function versionSkew(agent: string, controlPlane: string): VersionSkew | undefined {
  const [own, other] = [readVersion(agent), readVersion(controlPlane)];
  if (own === undefined || other === undefined) return undefined;
  const apart = own.major - other.major || own.minor - other.minor;
  if (apart === 0) return undefined;
  return {
    older: apart < 0 ? "agent" : "control-plane",
    why: `the agent has version ${agent}, the control plane ${controlPlane}; they work together at most one minor version apart`,
    accepted: own.major === other.major && Math.abs(own.minor - other.minor) <= MOST_MINORS,
  };
}

function readVersion(text: string): { readonly major: number; readonly minor: number } | undefined {
  const match = /^v?(\d{1,6})\.(\d{1,6})(?:$|[.+-])/.exec(text);
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) };
}
