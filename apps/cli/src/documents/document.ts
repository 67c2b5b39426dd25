/** What every JSON object of ours has. */
export interface Document {
  readonly apiVersion: "transship/v1";
  readonly kind: string;
  readonly metadata: object;
}

/** An object without its undefined and empty-text members: proto3 knows no absent strings, JSON does. */
export function present<T extends Record<string, unknown>>(members: T): Partial<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== "")) as Partial<T>;
}
