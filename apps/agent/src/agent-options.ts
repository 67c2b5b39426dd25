import type { ServerAccess } from "@transship/api";
import type { CopyEngine, Journal } from "@transship/transfer";
import type { Logger } from "pino";

/** What an agent is and where it works. */
export interface AgentOptions {
  /** Its name; with TLS the one that its token was made for. */
  readonly name: string;
  readonly region: string;
  /** Legal zone; absent = not stated. */
  readonly border?: string | undefined;
  /** Networks from which it can reach endpoints. Default: `public` alone. */
  readonly networks?: readonly string[] | undefined;
  /** What rules choose agents by; a document of kind Agent wins over them. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** How long to try on while another process of this name lives, in milliseconds: it may be on its way out. Default 30 s. */
  readonly namePatienceMs?: number | undefined;
  /** Tasks that it runs at once. Default 4. */
  readonly slots?: number | undefined;
  readonly server: ServerAccess;
  /** Holds `checkpoint.db` and `spool/`; made (0700) where it is missing. */
  readonly dataDirectory: string;
  /** Bytes that the spool may hold. Default 20 GiB. */
  readonly spoolLimitBytes?: number | undefined;
  readonly logger: Logger;
  /** Called once, after the control plane's first welcome. */
  readonly onReady?: (() => void) | undefined;
  /** Makes the engine in place of the real one. */
  readonly engine?: ((journal: Journal) => CopyEngine) | undefined;
}

export const DEFAULT_NAME_PATIENCE_MS = 30_000;
export const DEFAULT_SLOTS = 4;
export const DEFAULT_SPOOL_BYTES = 20 * 1024 ** 3;
