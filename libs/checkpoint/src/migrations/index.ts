import { INITIAL } from "./0001-initial.ts";
import { PATHS } from "./0002-paths.ts";
import { UPLOAD_PROFILES } from "./0003-upload-profiles.ts";
import { REPORT_LEASES } from "./0004-report-leases.ts";

/** Every change of the schema in order; the position is its number. Entries are added at the end and never edited after a release. */
export const MIGRATIONS: readonly string[] = [INITIAL, PATHS, UPLOAD_PROFILES, REPORT_LEASES];
