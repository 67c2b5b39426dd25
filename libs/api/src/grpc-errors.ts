import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { asTransshipError, TransshipError } from "@transship/errors";
import { failureToError, failureToMessage } from "./failure-mapping.ts";
import { Failure } from "./gen/transship/v1/failure.ts";

/** Key of the metadata that carries the whole failure beside a gRPC status. */
const FAILURE_KEY = "transship-failure-bin";

/** An error as grpc-js sends it: the table's status, the message, and the whole failure in the trailers. */
export function toServiceError(thrown: unknown): Partial<ServiceError> & { code: status; details: string; metadata: Metadata } {
  const error = asTransshipError(thrown);
  const metadata = new Metadata();
  metadata.set(FAILURE_KEY, Buffer.from(Failure.encode(failureToMessage(error)).finish()));
  return { name: error.name, message: error.message, code: status[error.grpcStatus], details: error.message, metadata };
}

/** What a gRPC call failed with, as an error of ours; a control plane that cannot be reached is `CONTROL_PLANE_UNREACHABLE`. */
export function fromServiceError(thrown: unknown, what: string): TransshipError {
  if (thrown instanceof TransshipError) return thrown;
  if (!isServiceError(thrown)) return asTransshipError(thrown, what);
  const carried = thrown.metadata?.get(FAILURE_KEY)[0];
  if (carried instanceof Buffer) return failureToError(Failure.decode(carried), { cause: thrown });
  return new TransshipError(codeOf(thrown.code), { what, why: wordsOf(thrown), cause: thrown });
}

/** grpc-js ends some of its texts with an empty "Resolution note:". */
function wordsOf(error: ServiceError): string {
  return (error.details === "" ? error.message : error.details).replace(/\.?\s*Resolution note:\s*$/, "");
}

function isServiceError(thrown: unknown): thrown is ServiceError {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "number" && "details" in thrown;
}

function codeOf(code: status): TransshipError["code"] {
  switch (code) {
    case status.UNAVAILABLE:
    case status.DEADLINE_EXCEEDED:
      return "CONTROL_PLANE_UNREACHABLE";
    case status.UNAUTHENTICATED:
      return "UNAUTHENTICATED";
    case status.PERMISSION_DENIED:
      return "NOT_ALLOWED";
    case status.NOT_FOUND:
      return "NOT_FOUND";
    case status.INVALID_ARGUMENT:
      return "INVALID_ARGUMENT";
    case status.CANCELLED:
      return "CANCELLED";
    default:
      return "INTERNAL";
  }
}
