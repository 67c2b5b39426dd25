import { INITIAL } from "./0001-initial.ts";
import { PATHS } from "./0002-paths.ts";

/** Every change of the schema in order; the position is its number. Entries are added at the end and never edited after a release. */
export const MIGRATIONS: readonly string[] = [INITIAL, PATHS];
