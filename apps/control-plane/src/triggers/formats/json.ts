/** A member of what may be an object; undefined where it is none or lacks it. Only own members: the text is a stranger's. */
export function member(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}

/** A member that is text; empty where it is not. */
export function textOf(value: unknown, ...path: readonly string[]): string {
  const found = member(value, ...path);
  return typeof found === "string" ? found : "";
}
