import { findRealRegistries, type RealRegistryKind } from "../registries/real-registry.ts";

/** The real registry that benchmarks run: CNCF distribution 3.x, else 2.8. Throws where there is neither. */
export function requireRegistry(): RealRegistryKind {
  const kind = findRealRegistries().keys().next().value;
  if (kind === undefined) throw new Error("this benchmark needs `registry` (CNCF distribution 3.x) or `docker-registry` on PATH");
  return kind;
}
