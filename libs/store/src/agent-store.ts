import type { Agent, AgentPlace } from "@transship/model";
import type { OutgoingEvent } from "./delivery-store.ts";

/** What an agent says of itself when it connects. */
export interface AgentHello extends AgentPlace {
  readonly version: string;
  readonly slots: number;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Names the process; undefined for older agents. */
  readonly run?: string | undefined;
  /** Name of its machine. */
  readonly host?: string | undefined;
  /** Its data directory, on its machine since that booted. */
  readonly home?: string | undefined;
}

/** A process of an agent, as it said of itself. */
export interface AgentProcess {
  readonly run: string;
  readonly home: string | undefined;
  readonly host: string;
  /** ISO 8601, UTC: when it was heard of last, or its stream ended. */
  readonly lastSeenAt: string;
}

/** Agents and their tokens. Tokens are stored as hashes only. */
export interface AgentStore {
  /** Adds the agent as `enrolled`, or gives an existing one a further token; a `revoked` one becomes `enrolled` again. `tokenHash` is hex. */
  addToken(token: { readonly agent: string; readonly tokenHash: string; readonly expiresAt?: Date | undefined }, now: Date): Promise<void>;
  /** The name of the agent whose unexpired token this is; undefined where there is none or the agent is revoked. */
  findByToken(tokenHash: string, now: Date): Promise<string | undefined>;
  /** The name of the agent whose token this was until it was revoked; undefined where there is none. */
  findByRevokedToken(tokenHash: string): Promise<string | undefined>;
  /** Records a connection: the agent is added where it is new, and becomes `online`; `draining` where this very process was told to drain before. Throws `NOT_ALLOWED` where it is revoked. */
  connected(hello: AgentHello, now: Date): Promise<Agent>;
  /** Records that the agent was heard of. */
  seen(name: string, now: Date): Promise<void>;
  /** Records the end of its stream: `online` and `draining` become `offline`. `ended`: its process said that it ends. */
  disconnected(name: string, now: Date, ended?: boolean): Promise<void>;
  /** The process that connected last under a name, where it may live; undefined where it ended, or did not say who it is. */
  lastProcess(name: string): Promise<AgentProcess | undefined>;
  /** Records that its process takes no new tasks: until another one connects, or it is resumed. Throws `NOT_FOUND`, `CONFLICT`. */
  draining(name: string, now: Date): Promise<Agent>;
  /** Records that it takes tasks again. Throws `NOT_FOUND`; `CONFLICT` where it does not drain. */
  resume(name: string, now: Date): Promise<Agent>;
  /** Voids its tokens; `revoked` is final until a new token is made. Throws `NOT_FOUND`. */
  revoke(name: string, now: Date): Promise<Agent>;
  /** All agents by name. */
  list(): Promise<Agent[]>;
  /** Throws `NOT_FOUND`. */
  get(name: string): Promise<Agent>;
  /**
   * The agents that are `offline`, were last heard of before `since`, were not drained before and of which this was not said since they connected last. The event
   * that `tell` makes of each is kept for webhooks in the same transaction.
   */
  lost(since: Date, now: Date, tell: (agent: Agent) => OutgoingEvent): Promise<Agent[]>;
  /** At start: nobody is connected yet, so `online` and `draining` become `offline`. */
  reset(now: Date): Promise<void>;
}
