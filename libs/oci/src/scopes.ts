/** Token scopes (distribution specification, "Token Scope Documentation"). Deletion is not asked for beforehand: Quay refuses such tokens; registries that want it name it in their challenge. */
export function pullScope(repository: string): readonly string[] {
  return [`repository:${repository}:pull`];
}

/** Reading and writing one repository. */
export function pushScope(repository: string): readonly string[] {
  return [`repository:${repository}:pull,push`];
}

/** Listing the repositories. */
export const CATALOG_SCOPE: readonly string[] = ["registry:catalog:*"];
