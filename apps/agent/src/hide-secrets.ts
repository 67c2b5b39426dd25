import { failureToMessage, type wire } from "@transship/api";
import type { TransshipError } from "@transship/errors";
import { formsOfSecret, safeText } from "@transship/model";

/** Longest text that is sent, in characters. */
const LONGEST = 2_000;

/** The passwords of registries and their proxies in every form in which they may occur in texts: a registry may quote what it was sent. */
export function secretsOf(accesses: readonly (wire.RegistryAccess | undefined)[]): string[] {
  return accesses.flatMap((access) => {
    const logins = [access?.credential, access?.endpoint?.proxy?.credential];
    return logins.flatMap((login) => (login === undefined || login.password === "" ? [] : formsOfSecret(login.password, login.username)));
  });
}

/** A text on one line, bounded, without these secrets and what looks like one. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  return safeText(text, { most: LONGEST, secrets });
}

/** An error as the message that travels, without these secrets. */
export function safeFailure(error: TransshipError, secrets: readonly string[]): wire.Failure {
  const failure = failureToMessage(error);
  const hide = (text: string) => hideSecrets(text, secrets);
  return { ...failure, message: hide(failure.message), hint: hide(failure.hint), tried: hide(failure.tried) };
}
