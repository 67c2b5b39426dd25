/** Platforms as a column: null = all. Their grammar has no comma. */
export function platformsText(platforms: readonly string[] | undefined): string | null {
  return platforms === undefined ? null : platforms.join(",");
}

/** The platforms of a column. */
export function platformsOf(text: string | null): readonly string[] | undefined {
  return text === null ? undefined : text.split(",");
}
