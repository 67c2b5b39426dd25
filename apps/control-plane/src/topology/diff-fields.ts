import type { wire } from "@transship/api";

/** What is shown in place of a credential's value. */
const HIDDEN = JSON.stringify("(hidden)");
const SECRETS = new Set(["password", "secret", "privateKey"]);

/** The fields that differ between two documents, by path. Arrays are compared position by position; passwords, secrets and keys are never shown. */
export function diffFields(before: unknown, after: unknown, path: readonly string[] = []): wire.FieldChange[] {
  if (isTree(before) && isTree(after) && Array.isArray(before) === Array.isArray(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => diffFields(before[key], after[key], [...path, key]));
  }
  const [was, is] = [asJson(before), asJson(after)];
  if (was === is) return [];
  const hide = (text: string) => (text !== "" && SECRETS.has(path.at(-1) ?? "") ? HIDDEN : text);
  return [{ path: path.join("."), before: hide(was), after: hide(is) }];
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function asJson(value: unknown): string {
  if (value === undefined) return "";
  return JSON.stringify(value, (key, inner) => (SECRETS.has(key) ? "(hidden)" : inner));
}
