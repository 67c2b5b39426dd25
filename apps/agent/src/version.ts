import manifest from "../package.json" with { type: "json" };

/** Version of this software, as it is told to peers and registries. */
export const VERSION: string = manifest.version;
