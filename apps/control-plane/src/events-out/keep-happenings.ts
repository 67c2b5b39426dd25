import type { Store } from "@transship/store";
import type { Logger } from "pino";
import type { Happening, Happenings } from "../happenings.ts";
import type { WakeUp } from "../wake-up.ts";
import { outgoingEvent } from "./cloud-event.ts";

/** What keeping happenings needs. */
export interface KeeperDesk {
  readonly store: Pick<Store, "deliveries">;
  readonly happenings: Happenings;
  readonly tidings: WakeUp;
  readonly log: Logger;
  readonly now: () => Date;
}

/** Keeps what happens for webhooks, in the store, from now on. Disposing waits until all of it is there. */
export function keepHappenings(desk: KeeperDesk): AsyncDisposable {
  const writing = new Set<Promise<void>>();
  const listening = desk.happenings.listen((happening) => {
    const written = keep(desk, happening).finally(() => writing.delete(written));
    writing.add(written);
  });
  return {
    [Symbol.asyncDispose]: async () => {
      listening[Symbol.dispose]();
      await Promise.all(writing);
    },
  };
}

/** Never rejects: what happened has happened, whether or not it can be told. */
async function keep({ store, tidings, log, now }: KeeperDesk, { type, rule, at, data }: Happening): Promise<void> {
  const subject = rule === undefined ? type : `rules/${rule}`;
  try {
    await store.deliveries.post(
      outgoingEvent(type, rule, { subject, at, data: { ...(rule === undefined ? {} : { rule }), ...data } }),
      now(),
    );
    tidings.wake();
  } catch (thrown) {
    log.error({ err: thrown, type, rule }, "an event could not be kept for webhooks");
  }
}
