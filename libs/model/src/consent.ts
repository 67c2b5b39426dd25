import { z } from "zod";
import type { Instance } from "./instance.ts";
import { label } from "./names.ts";

/** That the owner of another account agreed to work with its instances. Written into the rule or replication that does the work, so that whoever reads it sees it. */
export const consentSchema = z.strictObject({
  /** The account that agrees. */
  account: label,
  /** Who said so for that account, and where it can be looked up: a person, a ticket. */
  by: z.string().min(1, "must say who agreed").max(256),
});

export type Consent = z.infer<typeof consentSchema>;

type Place = Pick<Instance, "name"> & { readonly spec: Pick<Instance["spec"], "account"> };

/**
 * Why work from one instance to another may not be done for want of consent; undefined where it may. The account of the source owns the work; that of the target, where
 * it is another, must have agreed.
 */
export function consentFault(consent: readonly Consent[] | undefined, source: Place, target: Place): string | undefined {
  const owner = source.spec.account;
  const other = target.spec.account;
  if (owner === other || consent?.some(({ account }) => account === other) === true) return undefined;
  return (
    `${target.name} belongs to account ${other}, and ${source.name} to account ${owner}: account ${other} has not agreed; ` +
    `record its consent as spec.consent: [{account: ${other}, by: "who agreed"}]`
  );
}
