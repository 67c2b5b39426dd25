import { TransshipError } from "@transship/errors";
import { parseDocument } from "yaml";

/** Aliases that may be unfolded: neither indexes nor Chart.yaml files have many, and each unfolding multiplies. */
const ALIASES = 100;

/**
 * A YAML document whose every scalar is a string: `version: 1.10` is "1.10" and no number. @throws TransshipError `RESPONSE_MALFORMED` for what is no YAML.
 */
export function parseYaml(text: string, what: string): unknown {
  try {
    const document = parseDocument(text, { schema: "failsafe", uniqueKeys: false, logLevel: "error" });
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS({ maxAliasCount: ALIASES });
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split("\n", 1)[0] ?? "") : String(cause);
    throw new TransshipError("RESPONSE_MALFORMED", { what, why: `it is no YAML: ${why.slice(0, 200)}`, cause });
  }
}
