import { type LookupAddress, lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { TransshipError } from "@transship/errors";
import { classifyAddress, isAddressLiteral } from "@transship/model";

/** Refuses a URL whose host is a literal address that events may not go to: no name is looked up for these, so no lookup would notice. @throws TransshipError `ADDRESS_REFUSED`. */
export function checkLiteral(url: URL, allowPrivate: boolean): void {
  if (isAddressLiteral(url.hostname)) checkAddress(url.hostname, allowPrivate);
}

/**
 * A name lookup that fails with `ADDRESS_REFUSED` when any of the answers is an address that events may not go to. The connection is made to the addresses that
 * were checked; a name that gives another answer a moment later gains nothing.
 */
export function checkedLookup(allowPrivate: boolean, resolve: typeof lookup = lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (failure, addresses: LookupAddress[]) => {
      if (failure !== null) return callback(failure, "", 0);
      try {
        for (const { address } of addresses) checkAddress(address, allowPrivate);
      } catch (refusal) {
        return callback(refusal as Error, "", 0);
      }
      if (options.all === true) return callback(null, addresses);
      return callback(null, addresses[0]?.address ?? "", addresses[0]?.family ?? 0);
    });
  };
}

function checkAddress(address: string, allowPrivate: boolean): void {
  const reach = classifyAddress(address);
  if (reach === "public" || (allowPrivate && reach !== "forbidden")) return;
  // The address itself is not told: what a name resolves to inside is not for whoever may set a URL.
  throw new TransshipError("ADDRESS_REFUSED", { what: "the URL of the webhook", why: "it leads to an address that events may not go to" });
}
