import { contentCases } from "./behaviour-content.ts";
import { manifestCases } from "./behaviour-manifests.ts";
import { uploadCases } from "./behaviour-uploads.ts";
import type { Target } from "./wire.ts";

/** One thing that registries do, observed over HTTP alone. */
export interface Behaviour {
  readonly name: string;
  /** What is seen, as plain data. Each case has a repository that nobody else uses. */
  readonly observe: (target: Target) => Promise<unknown>;
  /** What distribution-spec 1.1 says or, where it is silent, what the double does. */
  readonly expected: unknown;
}

/** Every case, in the order in which it runs. */
export const BEHAVIOURS: readonly Behaviour[] = [...contentCases, ...uploadCases, ...manifestCases];

/** The repository in which a case plays. */
export function repositoryOf({ name }: Behaviour): string {
  return `behaviour/${name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")}`;
}
