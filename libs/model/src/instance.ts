import { z } from "zod";
import { limitsSchema } from "./limits.ts";
import { label, resourceName } from "./names.ts";

/** The network that a registry or agent is in when none is named. */
export const PUBLIC_NETWORK = "public";

/**
 * Kinds of registry that this version speaks to. `registry` is any registry that follows the OCI distribution spec; `chartmuseum` a Helm chart repository (ChartMuseum,
 * Harbor before 2.8, any index.yaml), which can only be copied from.
 */
export const PROVIDERS = ["registry", "chartmuseum"] as const;

const endpointUrl = z.string().superRefine((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    context.addIssue({ code: "custom", message: "must be an https:// (or, for plain HTTP, http://) URL" });
  } else if (url.username !== "" || url.password !== "") {
    context.addIssue({ code: "custom", message: "must not hold a user name or password; use spec.credential" });
  } else if (url.search !== "" || url.hash !== "") {
    context.addIssue({ code: "custom", message: "must not have a query or fragment" });
  }
});

const proxyUrl = z.string().superRefine((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    context.addIssue({ code: "custom", message: "must be an http:// or https:// URL" });
  } else if (url.username !== "" || url.password !== "") {
    context.addIssue({ code: "custom", message: "must not hold a user name or password; use proxyCredential" });
  } else if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    context.addIssue({ code: "custom", message: "must be scheme, host and port only" });
  }
});

/** How to authenticate to an instance. Belongs to exactly one instance; absent = anonymous. */
export const credentialSchema = z.strictObject({
  username: z.string().min(1, "must not be empty"),
  password: z.string().min(1, "must not be empty"),
});

/** What agents prove themselves with in the TLS handshake. Files are read by the CLI (`certificateFile`, `keyFile`). */
const clientCertificateSchema = z.strictObject({
  /** PEM text of the certificate, followed by what is between it and its authority. */
  certificate: z.string().startsWith("-----BEGIN CERTIFICATE-----", "must be a PEM certificate"),
  /** PEM text of its private key. A secret: shown to nobody again. */
  privateKey: z.string().min(1, "must not be empty"),
});

const endpointFields = z.strictObject({
  /** `https://host[:port]`, or `http://…` for a registry without TLS. Of a chart repository the URL that `helm repo add` takes, path included. */
  url: endpointUrl,
  /** The network from which this URL can be reached. */
  network: label.default(PUBLIC_NETWORK),
  /** IP address to connect to instead of what DNS says; TLS and `Host` keep the URL's name. */
  address: z.union([z.ipv4(), z.ipv6()], { error: "must be an IP address" }).optional(),
  /** PEM text of the certificate authority that signed the registry's certificate. Files are read by the CLI (`caFile`). */
  ca: z.string().startsWith("-----BEGIN CERTIFICATE-----", "must be a PEM certificate").optional(),
  /** HTTP proxy that all connections by this endpoint go through. Together with `address` it is asked for that address instead of the name. */
  proxy: proxyUrl.optional(),
  /** The proxy's own login, which goes to the proxy alone. */
  proxyCredential: credentialSchema.optional(),
  /** For a registry that asks its clients for certificates; shown to this URL's origin alone. */
  clientCertificate: clientCertificateSchema.optional(),
});

/** One way to reach an instance. */
export const endpointSchema = endpointFields.superRefine(({ url, proxy, proxyCredential, clientCertificate }, context) => {
  if (proxyCredential !== undefined && proxy === undefined)
    context.addIssue({ code: "custom", path: ["proxyCredential"], message: "is the login of a proxy: needs `proxy`" });
  if (clientCertificate !== undefined && !url.startsWith("https:"))
    context.addIssue({ code: "custom", path: ["clientCertificate"], message: "is a part of TLS: needs an https:// URL" });
});

/** How the registry's own webhooks prove that they come from it (`POST /webhooks/NAME`): a secret in a header. Absent = none are taken. */
export const eventSourceSchema = z.strictObject({
  /** Name of the header that carries the secret, as it is set in the registry. */
  header: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, "must be the name of a header")
    .default("Authorization"),
  /** The whole value of the header. */
  secret: z.string().min(8, "must have at least 8 characters"),
});

/** What is known of a registry, before what its provider makes of it. */
const instanceFields = z.strictObject({
  provider: z
    .enum(PROVIDERS, {
      error: `this version supports: ${PROVIDERS.join(", ")} (registry: any that follows the OCI distribution spec; chartmuseum: any Helm chart repository)`,
    })
    .default("registry"),
  region: label,
  /** The legal zone of the region, e.g. `cn`, `intl`. */
  border: label.optional(),
  /** The owner of the instance. */
  account: label.default("default"),
  endpoints: z.array(endpointSchema).min(1, "needs at least one endpoint"),
  credential: credentialSchema.optional(),
  /** What may be asked of it, by all agents together. */
  limits: limitsSchema.optional(),
  webhook: eventSourceSchema.optional(),
});

/** A registry that we know. */
export const instanceSpecSchema = instanceFields.superRefine(({ provider, endpoints }, context) => {
  if (provider === "chartmuseum") return;
  for (const [index, { url }] of endpoints.entries()) {
    if (!URL.canParse(url) || new URL(url).pathname === "/") continue;
    const message = "must be scheme, host and port only; repositories go into the rule";
    context.addIssue({ code: "custom", path: ["endpoints", index, "url"], message });
  }
});

export type Endpoint = z.infer<typeof endpointSchema>;
export type Credential = z.infer<typeof credentialSchema>;
export type EventSource = z.infer<typeof eventSourceSchema>;
export type InstanceSpec = z.infer<typeof instanceSpecSchema>;

/** A registry that we know, as stored. */
export interface Instance {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: InstanceSpec;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

export { resourceName as instanceName };
