/** Somebody who may use the registry. */
export interface RegistryUser {
  readonly username: string;
  readonly password: string;
  /** May pull, may not push or delete. */
  readonly readOnly?: boolean;
  /** Repositories the user may touch; absent = all. */
  readonly repositories?: RegExp;
}

/** Who is let in, and how. */
export type AuthOptions =
  | { readonly scheme: "none" }
  | { readonly scheme: "basic"; readonly users: readonly RegistryUser[]; readonly anonymousPull?: boolean }
  | {
      readonly scheme: "bearer";
      readonly users: readonly RegistryUser[];
      /** A token endpoint gives anybody a token for pulling. */
      readonly anonymousPull?: boolean;
      /** How long a token is good, in seconds. Default 300. */
      readonly expiresIn?: number;
      /** Whether the reply says so; clients must assume 60 s otherwise. Default true. */
      readonly announceExpiry?: boolean;
      /** Registries send one, the other or both. Default both. */
      readonly tokenField?: "token" | "access_token" | "both";
      /** Another realm than the registry's own token endpoint, as a hostile registry would name. */
      readonly realm?: string;
    };

export type Action = "pull" | "push" | "delete";

/** What a request needs: actions on one repository, the catalogue, or nothing but an identity. */
export type Need =
  | { readonly on: "repository"; readonly repository: string; readonly actions: readonly Action[] }
  | { readonly on: "catalog" }
  | { readonly on: "nothing" };

/** Whether a user, or nobody in particular, may do what is needed. */
export function mayDo(user: RegistryUser | undefined, anonymousPull: boolean, need: Need): boolean {
  if (need.on === "nothing") return true;
  if (user === undefined) return anonymousPull && need.on === "repository" && need.actions.every((action) => action === "pull");
  if (need.on === "catalog") return true;
  if (user.repositories !== undefined && need.repository.search(user.repositories) < 0) return false;
  return user.readOnly !== true || need.actions.every((action) => action === "pull");
}

/** Reads `Authorization: Basic`. */
export function readBasic(header: string | undefined): { username: string; password: string } | undefined {
  const match = /^basic\s+(\S+)$/i.exec(header ?? "");
  if (match === null) return undefined;
  const text = Buffer.from(match[1] ?? "", "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** The user with this name and password. */
export function findUser(
  users: readonly RegistryUser[],
  given: { username: string; password: string } | undefined,
): RegistryUser | undefined {
  return users.find((user) => user.username === given?.username && user.password === given.password);
}
