export { CODES, type ErrorCode, EXIT, type ExitCode, type GrpcStatusName, isErrorCode, type RetryPolicy } from "./codes.ts";
export { diskError, systemCode } from "./system-errors.ts";
export { asTransshipError, type ErrorDocument, type ErrorFacts, formatError, type Side, TransshipError } from "./transship-error.ts";
