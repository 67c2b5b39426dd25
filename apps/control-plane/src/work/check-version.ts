import { TransshipError } from "@transship/errors";
import { versionSkew } from "@transship/model";
import { VERSION } from "../version.ts";

const UPGRADE = {
  agent: "Upgrade the agent: see docs/operations/upgrades.md.",
  "control-plane": "Upgrade the control plane first: see docs/operations/upgrades.md.",
} as const;

/** @throws TransshipError `VERSION_SKEW` where an agent's version is too far from this control plane's. */
export function checkVersion(agent: string, version: string, own = VERSION): void {
  const skew = versionSkew(version, own);
  if (skew === undefined || skew.accepted) return;
  throw new TransshipError("VERSION_SKEW", { what: `connecting agent ${agent}`, why: skew.why, hint: UPGRADE[skew.older] });
}

/** What to say of an agent whose version still works but differs; undefined where nothing is. */
export function versionWarning(version: string, own = VERSION): string | undefined {
  const skew = versionSkew(version, own);
  if (skew === undefined) return undefined;
  return `${skew.why}: upgrade the ${skew.older === "agent" ? "agent" : "control plane"} before the next minor version`;
}
