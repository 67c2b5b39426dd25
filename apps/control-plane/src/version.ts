import manifest from "../package.json" with { type: "json" };

/** The version of the control plane's software. */
export const VERSION: string = manifest.version;
