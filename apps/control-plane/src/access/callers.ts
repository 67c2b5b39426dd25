import { timingSafeEqual } from "node:crypto";
import type { Metadata } from "@grpc/grpc-js";
import { TransshipError } from "@transship/errors";
import type { AgentStore } from "@transship/store";
import type { Role } from "./policy.ts";
import { hashToken } from "./tokens.ts";

/** Who makes a call. */
export interface Caller {
  /** For logs. */
  readonly who: string;
  readonly roles: readonly Role[];
  /** The one agent that this caller may be; undefined = any, without a login on this machine. */
  readonly agent: string | undefined;
}

/** Whoever is on this machine, where no login is asked for. */
const LOCAL: Caller = { who: "local", roles: ["admin", "agent"], agent: undefined };

/** How to tell callers apart. */
export interface Door {
  /** Callers without a token are let in as whoever they like: plain gRPC on a loopback address. */
  readonly insecure: boolean;
  /** Hash of the admin's token; undefined where there is none. */
  readonly adminHash: string | undefined;
  readonly agents: Pick<AgentStore, "findByToken" | "findByRevokedToken">;
  readonly now: () => Date;
}

/** The caller by its bearer token; undefined without one. @throws TransshipError `UNAUTHENTICATED` for a token that is not, or no longer, valid. */
export async function identify(door: Door, metadata: Metadata): Promise<Caller | undefined> {
  const header = metadata.get("authorization")[0];
  if (header === undefined) return door.insecure ? LOCAL : undefined;
  const token = /^Bearer +(\S+)$/i.exec(header.toString())?.[1];
  if (token === undefined) throw rejected("the authorization is no bearer token");
  const hash = hashToken(token);
  if (door.adminHash !== undefined && timingSafeEqual(Buffer.from(hash, "hex"), Buffer.from(door.adminHash, "hex"))) {
    return { who: "admin", roles: ["admin"], agent: undefined };
  }
  const agent = await door.agents.findByToken(hash, door.now());
  if (agent === undefined) throw await refuseToken(door, hash);
  return { who: `agent ${agent}`, roles: ["agent"], agent };
}

/** Who has a token that was revoked is told so: nobody else has it. */
async function refuseToken(door: Door, hash: string): Promise<TransshipError> {
  const revoked = await door.agents.findByRevokedToken(hash);
  if (revoked === undefined) return rejected("the token is unknown or expired");
  const anew = `Make a new token with \`transship agent token create --name ${revoked}\` and start the agent with it.`;
  return rejected(`the token was revoked, with agent ${revoked}`, anew);
}

function rejected(why: string, hint?: string): TransshipError {
  return new TransshipError("UNAUTHENTICATED", { what: "logging in to the control plane", why, hint });
}

/** Callers by the metadata object of their call: nothing that a client sends can pose as one. */
const callers = new WeakMap<Metadata, Caller>();

export function rememberCaller(metadata: Metadata, caller: Caller): void {
  callers.set(metadata, caller);
}

/** Who made the call that this metadata came with; undefined for a call that needs no login. */
export function callerOf(metadata: Metadata): Caller | undefined {
  return callers.get(metadata);
}
