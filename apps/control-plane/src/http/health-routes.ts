import { asTransshipError } from "@transship/errors";
import type { Store } from "@transship/store";
import type { Metrics } from "../metrics.ts";
import type { HttpAnswer, HttpRoutes } from "./http-server.ts";

/** `/livez`: the process answers. `/readyz`: it can work, i.e. the store answers and it is not stopping. `/metrics`: Prometheus. */
export function healthRoutes(store: Pick<Store, "check">, metrics: Metrics, stopping: AbortSignal): HttpRoutes["get"] {
  return {
    "/livez": async () => plain(200, "ok\n"),
    "/readyz": async () => {
      if (stopping.aborted) return plain(503, "stopping\n");
      return store.check().then(
        () => plain(200, "ok\n"),
        (thrown: unknown) => plain(503, `${asTransshipError(thrown, "the store").code}\n`),
      );
    },
    "/metrics": async () => {
      const { contentType, text } = await metrics.scrape();
      return { status: 200, contentType, text };
    },
  };
}

function plain(status: number, text: string): HttpAnswer {
  return { status, contentType: "text/plain; charset=utf-8", text };
}
