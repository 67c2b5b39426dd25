import { type CallOptions, type ClientReadableStream, type ClientUnaryCall, type Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { type ControlPlaneClient, connectControlPlane, explainUnreachable, fromServiceError, type ServerAccess } from "@transship/api";
import type { Call } from "../command.ts";
import { serverAccess } from "./server-access.ts";

type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;
type StreamMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
) => ClientReadableStream<Response>;

/** A connection of one command to the control plane, with calls that are promises and iterations, and errors that are ours. */
export class ControlPlane implements Disposable {
  readonly services: ControlPlaneClient;
  readonly #access: ServerAccess;
  readonly #signal: AbortSignal;

  constructor(access: ServerAccess, signal: AbortSignal) {
    this.#access = access;
    this.services = connectControlPlane(access);
    this.#signal = signal;
  }

  /** One request, one answer. @throws TransshipError the server's own, `CONTROL_PLANE_UNREACHABLE`, or the signal's reason. */
  ask<Request, Response>(method: UnaryMethod<Request, Response>, request: Request, timeoutMs = 30_000): Promise<Response> {
    this.#signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + timeoutMs };
      const call = method(request, this.services.metadata, options, (error, response) => {
        this.#signal.removeEventListener("abort", cancel);
        if (error === null) resolve(response);
        else void this.#failure(error).then(reject);
      });
      const cancel = () => call.cancel();
      this.#signal.addEventListener("abort", cancel, { once: true });
    });
  }

  /** One request, many answers. Leaving the iteration cancels the call. */
  async *follow<Request, Response>(method: StreamMethod<Request, Response>, request: Request): AsyncGenerator<Response> {
    this.#signal.throwIfAborted();
    const stream = method(request, this.services.metadata, {});
    const cancel = () => stream.cancel();
    this.#signal.addEventListener("abort", cancel, { once: true });
    try {
      for await (const message of stream) yield message as Response;
    } catch (error) {
      throw await this.#failure(error);
    } finally {
      this.#signal.removeEventListener("abort", cancel);
      stream.cancel();
    }
  }

  [Symbol.dispose](): void {
    this.services[Symbol.dispose]();
  }

  async #failure(error: unknown): Promise<unknown> {
    const cancelled = error instanceof Error && "code" in error && error.code === status.CANCELLED;
    if (cancelled && this.#signal.aborted) return this.#signal.reason;
    return await explainUnreachable(this.#access, fromServiceError(error, `calling the control plane at ${this.#access.address}`));
  }
}

/** Opens the connection that a command's settings name. */
export async function openControlPlane(call: Call): Promise<ControlPlane> {
  return new ControlPlane(await serverAccess(call.settings), call.signal);
}
