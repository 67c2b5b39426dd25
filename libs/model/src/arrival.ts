/** What a rule brought to a tag of a target. One a tag: who brings something else there takes it over. */
export interface Arrival {
  readonly rule: string;
  readonly source: { readonly instance: string; readonly repository: string };
  readonly target: { readonly instance: string; readonly repository: string; readonly tag: string };
  readonly digest: string;
  /** The only platforms of the index that were brought; undefined = all. */
  readonly platforms: readonly string[] | undefined;
  /** ISO 8601. */
  readonly at: string;
}

/** Whether the platforms that were brought are all that are wanted; undefined = all there are. */
export function coversPlatforms(brought: readonly string[] | undefined, wanted: readonly string[] | undefined): boolean {
  if (brought === undefined) return true;
  return wanted?.every((platform) => brought.includes(platform)) ?? false;
}
