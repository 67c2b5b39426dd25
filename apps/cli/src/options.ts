import type { OptionRow } from "./command.ts";

/** How a command finds its control plane. */
export const CONNECTION: readonly OptionRow[] = [
  { flags: "--server <host:port>", help: "address of the control plane", fallback: "127.0.0.1:7401", fromContext: true },
  { flags: "--tls-ca <file>", help: "PEM file of the CA that signed the control plane's certificate", fromContext: true },
  { flags: "--tls-cert <file>", help: "PEM client certificate, where the control plane demands one", fromContext: true },
  { flags: "--tls-key <file>", help: "PEM key of the client certificate", fromContext: true },
  { flags: "--token-file <file>", help: "file that holds the token", fromContext: true },
  { flags: "--context <name>", help: "context to use instead of the current one" },
];

/** How data is printed: all forms. */
export const OUTPUT: OptionRow = {
  flags: "-o, --output <format>",
  help: "how data is printed",
  choices: ["table", "wide", "json", "yaml", "name"],
  fallback: "table",
};

/** Options that may stand before the first word of any command that has them: `transship --server H:P rule list`. */
export const LEADING: readonly OptionRow[] = [...CONNECTION, OUTPUT];

/** How a result that is no list is printed. */
export const RESULT_OUTPUT: OptionRow = { ...OUTPUT, choices: ["table", "json", "yaml", "name"] };

export const WATCH: OptionRow = { flags: "-w, --watch", help: "print again whenever something changes", type: "flag" };

export const FILES: OptionRow = {
  flags: "-f, --file <file>",
  help: "topology file, - for stdin; may be given several times",
  type: "list",
  required: true,
};

/** Waiting for an execution. */
export const WAIT: readonly OptionRow[] = [
  { flags: "--wait", help: "wait for the end and show progress on stderr", type: "flag" },
  { flags: "--timeout <duration>", help: "stop waiting after this long (exit 6; the work goes on)", type: "duration" },
];

/** How a long-running process logs, on stderr. */
export const LOGGING: readonly OptionRow[] = [
  {
    flags: "--log-level <level>",
    help: "least important lines to log",
    choices: ["debug", "info", "warn", "error", "silent"],
    fallback: "info",
  },
  { flags: "--log-format <format>", help: "text for people or json for machines (default: text on a terminal)", choices: ["text", "json"] },
];

/** Where an agent is, for commands that start one. */
export const PLACE: readonly OptionRow[] = [
  { flags: "--network <name>", help: "network it can reach endpoints in; may be given several times", type: "list", fallback: "public" },
  { flags: "--border <name>", help: "legal zone of the region, e.g. cn" },
  { flags: "--label <key=value>", help: "label that rules may choose it by; may be given several times", type: "list" },
  { flags: "--slots <n>", help: "tasks that it runs at once", type: "count", fallback: "4" },
  { flags: "--spool-limit <bytes>", help: "most bytes in its spool on disk", type: "bytes" },
];

/** Where a control plane listens. */
export const LISTEN: readonly OptionRow[] = [
  { flags: "--grpc <host:port>", help: "gRPC address; port 0 takes a free one", fallback: "127.0.0.1:7401" },
  {
    flags: "--http <host:port>",
    help: "HTTP address for health, metrics and registries' webhooks; port 0 takes a free one",
    fallback: "127.0.0.1:7402",
  },
  {
    flags: "--lease <duration>",
    help: "how long an agent may be silent before its tasks go to another",
    type: "duration",
    fallback: "90s",
  },
];

/** How much of the history a control plane keeps. */
export const HISTORY: readonly OptionRow[] = [
  { flags: "--keep-executions <n>", help: "finished executions of each rule that are kept", type: "count", fallback: "1000" },
  { flags: "--keep-days <n>", help: "days for which finished executions and saved plans are kept", type: "count", fallback: "90" },
];
