import { randomBytes } from "node:crypto";
import { type Answer, converse } from "./answer.ts";
import type { Exchange, RegistryState } from "./exchange.ts";
import { serveContent } from "./handlers/blobs.ts";
import { type Listener, listen } from "./listener.ts";
import { type Reply, refuse } from "./reply.ts";

/** A second port that serves blobs by signed address, as the object store behind a registry does. */
export class RedirectHost implements AsyncDisposable {
  readonly #key = randomBytes(12).toString("hex");
  readonly #host: string;
  #listener: Promise<Listener> | undefined;

  constructor(host: string) {
    this.#host = host;
  }

  /** The address of a blob; opens the port on first use. */
  async target(state: RegistryState, digest: string): Promise<string> {
    this.#listener ??= listen({ host: this.#host, port: 0 }, this.#answer(state), state.stats);
    const { url } = await this.#listener;
    return `${url}/content/${digest}?X-Signature=${this.#key}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#listener)?.[Symbol.asyncDispose]();
  }

  #answer(state: RegistryState): Answer {
    return (request, response) => {
      const url = new URL(request.url ?? "/", "http://localhost");
      const reference = url.pathname.replace("/content/", "");
      const route = { op: "blob-redirected", repository: "", reference, query: url.searchParams } as const;
      return converse(state, { scheme: "none" }, { request, response, route }, async (exchange) => this.#serve(state, exchange));
    };
  }

  #serve(state: RegistryState, exchange: Exchange): Reply {
    // S3 answers 400 when a request brings two ways to authenticate.
    if (exchange.request.headers.authorization !== undefined) return refuse("UNSUPPORTED", "two credentials", { status: 400 });
    if (exchange.route.query.get("X-Signature") !== this.#key) return refuse("DENIED", "bad signature");
    const reply = serveContent(state, exchange, exchange.route.reference);
    const { "docker-content-digest": _, ...headers } = reply.headers;
    return { ...reply, headers };
  }
}
