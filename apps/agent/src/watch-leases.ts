import type { wire } from "@transship/api";
import type { Leases } from "./leases.ts";

/** Calls `lose` for every lease that ends without having been extended, until disposed. */
export function watchLeases(leases: Leases, lose: (key: wire.LeaseKey) => void): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const arm = () => {
    clearTimeout(timer);
    const wait = leases.msToNextExpiry();
    // Rounded up: a timer that fires a fraction of a millisecond early would find nothing expired and spin.
    timer = wait === undefined ? undefined : setTimeout(check, Math.ceil(wait));
  };
  const check = () => {
    for (const key of leases.takeExpired()) lose(key);
    arm();
  };
  leases.onChange = arm;
  arm();
  return {
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      leases.onChange = () => undefined;
    },
  };
}
