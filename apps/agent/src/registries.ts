import { createHash } from "node:crypto";
import { credentialFromMessage, endpointFromMessage, limitsFromMessage, type wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import { AGENT_PRODUCT } from "@transship/model";
import { type OpenReach, openReach, openRegistry, type Registry, type RegistryOptions } from "@transship/oci";
import { ChartMemory, openChartMuseum } from "@transship/providers";
import type { GateState, InstanceGate } from "@transship/transfer";
import { InstanceGates } from "./instance-gates.ts";
import { VERSION } from "./version.ts";

/** A registry client is closed after so many milliseconds without a user. */
const IDLE_MS = 60_000;
/** Who only looks whether a registry is there does not wait as long as who has work for it. */
const REACH_TIMEOUTS = { connectMs: 5_000, headersMs: 10_000 };

/** A registry client in use. Disposing gives it back. */
export interface BorrowedRegistry extends Disposable {
  readonly registry: Registry;
}

/** An endpoint of an instance, and the name of the gate that guards it. */
interface GatePlace {
  readonly instance: string;
  readonly url: string;
  readonly gate: string;
}

interface Entry {
  readonly registry: Registry;
  users: number;
  idle: NodeJS.Timeout | undefined;
}

/**
 * Open registry clients by instance, endpoint and credential, so that tasks share connections and tokens. Closed when idle, since each holds a credential. All clients of
 * one instance go through one gate, whose limits are those of the newest access.
 */
export class Registries implements AsyncDisposable {
  readonly #entries = new Map<string, Entry>();
  readonly #gates = new InstanceGates();
  /** The newest gate of each endpoint: an operator who corrected its fixed address no longer asks about the old one. */
  readonly #places = new Map<string, GatePlace>();
  /** What the control plane said last of instances, apart from accesses, which may be older than it when they are used. */
  readonly #shares = new Map<string, wire.InstanceShare>();
  readonly #holds = new Map<string, number>();
  /** What was learned of charts, for all chart repositories: closing a client loses none of it. */
  readonly #charts = new ChartMemory();
  readonly #idleMs: number;

  constructor(idleMs: number = IDLE_MS) {
    this.#idleMs = idleMs;
  }

  /** The client for an access. @throws TransshipError `INVALID_ARGUMENT` for an access without a usable endpoint or with limits that are none. */
  borrow(access: wire.RegistryAccess | undefined): BorrowedRegistry {
    const key = keyOf(access);
    const known = this.#entries.get(key);
    if (known !== undefined && access !== undefined) this.#limit(access);
    const entry = known ?? { registry: this.open(access), users: 0, idle: undefined };
    this.#entries.set(key, entry);
    clearTimeout(entry.idle);
    entry.users += 1;
    let returned = false;
    return {
      registry: entry.registry,
      [Symbol.dispose]: () => {
        if (returned) return;
        returned = true;
        this.#giveBack(key, entry);
      },
    };
  }

  /** Opens a client that nobody else uses, behind the instance's gate. The caller disposes of it. @throws TransshipError `INVALID_ARGUMENT` as {@link borrow}. */
  open(access: wire.RegistryAccess | undefined): Registry {
    if (access?.endpoint === undefined) throw noEndpoint();
    this.#limit(access);
    const options = { ...optionsOf(access.endpoint), credential: credentialFromMessage(access.credential) };
    return this.#gates.guard(gateName(access), openAs(access.provider ?? "registry", options, this.#charts));
  }

  /** Opens a way to find out whether a place is there: without login, apart from the clients that work uses. The caller disposes of it. @throws TransshipError as {@link open}. */
  reach({ endpoint, provider }: wire.SurveyPlace): OpenReach {
    if (endpoint === undefined) throw noEndpoint();
    if (provider !== "chartmuseum") return openReach({ ...optionsOf(endpoint), timeouts: REACH_TIMEOUTS });
    const base = new URL(endpoint.url);
    const index = `${base.pathname.replace(/\/$/, "")}/index.yaml`;
    return openReach({ ...optionsOf(endpoint), url: base.origin, timeouts: REACH_TIMEOUTS }, index);
  }

  /** The gate that all work with an endpoint goes through. */
  gateOf(place: wire.SurveyPlace): InstanceGate {
    return this.#gates.of(gateName(place));
  }

  /** Takes this agent's shares of instances' limits, and pauses that others were asked for: at once, for work under way too. @throws TransshipError `INVALID_ARGUMENT` for limits that are none. */
  share(shares: readonly wire.InstanceShare[]): void {
    for (const share of shares) {
      this.#shares.set(share.instance, share);
      if (share.pausedForMs > 0) this.#holds.set(share.instance, performance.now() + share.pausedForMs);
      for (const place of this.#places.values()) if (place.instance === share.instance) this.#apply(place.gate, share);
    }
  }

  /** A new stream says everything anew; an older control plane says nothing of shares, but in each access. */
  forgetShares(): void {
    this.#shares.clear();
  }

  /** How this process stands with each endpoint that it was told of. */
  gates(): (Omit<GatePlace, "gate"> & { readonly state: GateState })[] {
    return [...this.#places.values()].map(({ instance, url, gate }) => ({ instance, url, state: this.#gates.of(gate).state }));
  }

  /** Clients that are open. */
  get size(): number {
    return this.#entries.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const entry of entries) clearTimeout(entry.idle);
    await Promise.all(entries.map((entry) => entry.registry[Symbol.asyncDispose]()));
  }

  #limit(access: wire.RegistryAccess): void {
    const { instance, endpoint } = access;
    const gate = gateName(access);
    this.#apply(gate, this.#shares.get(instance) ?? access);
    const url = endpoint?.url ?? "";
    this.#places.set(`${instance} ${url}`, { instance, url, gate });
  }

  #apply(gate: string, { instance, limits }: Pick<wire.InstanceShare, "instance" | "limits">): void {
    this.#gates.limit(gate, limitsFromMessage(limits));
    const heldForMs = (this.#holds.get(instance) ?? 0) - performance.now();
    if (heldForMs > 0) this.#gates.of(gate).hold(heldForMs);
    else this.#holds.delete(instance);
  }

  #giveBack(key: string, entry: Entry): void {
    entry.users -= 1;
    if (entry.users > 0 || this.#entries.get(key) !== entry) return;
    const close = () => {
      this.#entries.delete(key);
      entry.registry[Symbol.asyncDispose]().catch(() => undefined);
    };
    entry.idle = setTimeout(close, this.#idleMs);
    entry.idle.unref();
  }
}

/** A hash, so that the credential is not kept a second time as text. */
function keyOf(access: wire.RegistryAccess | undefined): string {
  return createHash("sha256")
    .update(JSON.stringify([access?.instance, access?.endpoint, access?.credential, access?.provider]))
    .digest("base64");
}

/** An instance by the endpoint that is used: when an operator corrects the endpoint, what the wrong one taught (an open circuit) is not held against it. */
function gateName({ instance, endpoint }: Pick<wire.RegistryAccess, "instance" | "endpoint">): string {
  return `${instance} ${endpoint?.url ?? ""} ${endpoint?.address ?? ""} ${endpoint?.proxy?.url ?? ""}`;
}

/** How an endpoint is reached, whatever for. */
function optionsOf(endpoint: wire.Endpoint): Omit<RegistryOptions, "credential"> {
  const { url, address, ca, proxy: proxyUrl, proxyCredential, clientCertificate } = endpointFromMessage(endpoint);
  const proxy = proxyUrl === undefined ? undefined : { url: proxyUrl, credential: proxyCredential };
  return { url, address, ca, proxy, clientCertificate, userAgent: `${AGENT_PRODUCT}/${VERSION}` };
}

function noEndpoint(): TransshipError {
  return new TransshipError("INVALID_ARGUMENT", { what: "reaching a registry", why: "the control plane named no endpoint" });
}

/** Throws `UNSUPPORTED` for a kind of registry that is newer than this agent. */
function openAs(provider: string, options: RegistryOptions, charts: ChartMemory): Registry {
  if (provider === "registry") return openRegistry(options);
  if (provider === "chartmuseum") return openChartMuseum({ ...options, memory: charts });
  throw new TransshipError("UNSUPPORTED", {
    what: "reaching a registry",
    why: `this agent does not know the provider ${provider}`,
    hint: "Bring the agent to the control plane's version.",
  });
}
