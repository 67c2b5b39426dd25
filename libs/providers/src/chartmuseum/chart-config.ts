import { TransshipError } from "@transship/errors";
import { parseYaml } from "./parse-yaml.ts";

type Fields = Readonly<Record<string, unknown>>;
/** How the value of a field is read; undefined leaves the field out, as Helm leaves empty ones out. */
type Reader = (value: unknown) => unknown;

const MAINTAINER = { name: text, email: text, url: text };
const DEPENDENCY = {
  name: text,
  version: text,
  repository: text,
  condition: text,
  tags: listOf(text),
  enabled: flag,
  "import-values": listOf(anything),
  alias: text,
};
/** The fields of a chart in the order in which Helm writes them (helm.sh/helm/v3 `chart.Metadata`), so that a config does not depend on the order in Chart.yaml. */
const METADATA: Readonly<Record<string, Reader>> = {
  name: text,
  home: text,
  sources: listOf(text),
  version: text,
  description: text,
  keywords: listOf(text),
  maintainers: listOf((value) => fields(value, MAINTAINER)),
  icon: text,
  apiVersion: text,
  condition: text,
  tags: text,
  appVersion: text,
  deprecated: flag,
  annotations: texts,
  kubeVersion: text,
  dependencies: listOf((value) => fields(value, DEPENDENCY)),
  type: text,
};

/** The metadata of a chart, as it goes into the config of the OCI chart. */
export interface ChartMetadata extends Fields {
  readonly name: string;
  readonly version: string;
}

/** Reads a Chart.yaml; unknown fields are left out. @throws TransshipError `RESPONSE_MALFORMED` where it has no name or version. */
export function readChartYaml(yaml: string, what: string): ChartMetadata {
  const read = fields(parseYaml(yaml, what), METADATA);
  if (read !== undefined && typeof read.name === "string" && typeof read.version === "string") return read as ChartMetadata;
  throw new TransshipError("RESPONSE_MALFORMED", { what, why: "its Chart.yaml has no name and version" });
}

function fields(value: unknown, readers: Readonly<Record<string, Reader>>): Fields | undefined {
  if (!isMap(value)) return undefined;
  const read = Object.entries(readers).map(([name, reader]) => [name, reader(value[name])] as const);
  const given = read.filter(([, one]) => one !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && value !== "null" && value !== "~" ? value : undefined;
}

function flag(value: unknown): true | undefined {
  return value === "true" || value === "True" || value === "TRUE" ? true : undefined;
}

function texts(value: unknown): Fields | undefined {
  if (!isMap(value)) return undefined;
  const entries = Object.entries(value).filter(([, one]) => typeof one === "string");
  return entries.length === 0 ? undefined : Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function listOf(reader: Reader): Reader {
  return (value) => {
    const read = Array.isArray(value) ? value.map(reader).filter((one) => one !== undefined) : [];
    return read.length === 0 ? undefined : read;
  };
}

function anything(value: unknown): unknown {
  return value;
}

function isMap(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
