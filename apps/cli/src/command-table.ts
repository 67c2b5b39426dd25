import type { CommandRow, GroupRow } from "./command.ts";
import { CONNECTION, FILES, HISTORY, LISTEN, LOGGING, OUTPUT, PLACE, RESULT_OUTPUT, WAIT, WATCH } from "./options.ts";

/** First words with commands below them. */
export const GROUPS: readonly GroupRow[] = [
  { word: "instance", plural: "instances", summary: "registries that the control plane knows" },
  { word: "rule", plural: "rules", summary: "what is copied from where to where" },
  { word: "execution", plural: "executions", summary: "runs of rules" },
  { word: "task", plural: "tasks", summary: "single artifacts of executions" },
  { word: "agent", plural: "agents", summary: "processes that copy" },
  { word: "webhook", plural: "webhooks", summary: "whom the control plane tells of what happens" },
  { word: "agent token", summary: "tokens of agents" },
  { word: "plan", plural: "plans", summary: "show what would be done, and do nothing; keep it, and run just that later" },
  { word: "control-plane", summary: "the process that decides" },
  { word: "context", plural: "contexts", summary: "named control planes" },
  { word: "config", summary: "the CLI's settings" },
];

const list = () => import("./commands/list.ts");
const describe = () => import("./commands/describe.ts");

/** `list`, `get` and `describe` of a noun. */
function looks(noun: string, plural: string, filters: CommandRow["options"] = []): CommandRow[] {
  const options = [OUTPUT, WATCH, ...filters, ...CONNECTION];
  return [
    { words: `${noun} list`, summary: `list ${plural}`, options, examples: [`transship ${noun} list -o wide`], load: list },
    {
      words: `${noun} get`,
      args: ["[name]"],
      summary: `show one of the ${plural}, or all`,
      options,
      examples: [`transship ${noun} get NAME -o json`],
      load: list,
    },
    {
      words: `${noun} describe`,
      args: ["[name]"],
      summary: `show everything about one of the ${plural}`,
      options: [...filters, ...CONNECTION],
      load: describe,
    },
  ];
}

const EXECUTION_FILTERS: CommandRow["options"] = [{ flags: "--rule <name>", help: "only executions of this rule" }];
const TASK_FILTERS: CommandRow["options"] = [
  { flags: "--execution <id>", help: "only tasks of this execution" },
  { flags: "--state <state>", help: "only tasks in this state; may be given several times", type: "list" },
];
const CHECKPOINT = { flags: "--checkpoint <file>", help: "where to remember what is done (default: in the XDG state directory)" };

/** Every command, in the order of the help. Code is loaded only when a command runs. */
export const COMMANDS: readonly CommandRow[] = [
  {
    words: "demo",
    summary: "show the main job on this machine: two registries, two agents, a kill, a resume",
    options: [{ flags: "--keep", help: "leave everything running at the end, until Ctrl-C", type: "flag" }],
    examples: ["transship demo", "transship demo --keep"],
    load: () => import("./local/demo/run-demo.ts"),
  },
  {
    words: "copy",
    args: ["<source>", "<target>"],
    summary: "copy images without a server",
    options: [{ flags: "--plain-http", help: "use plain HTTP for both registries", type: "flag" }, CHECKPOINT, RESULT_OUTPUT],
    examples: [
      "transship copy docker.io/library/alpine:3.22 registry.example.com/mirror/alpine",
      "transship copy registry.example.com/team0/app oci:./app     # all tags, into a directory",
    ],
    load: () => import("./local/copy.ts"),
  },
  {
    words: "sync",
    summary: "run the rules of a file without a server; also reads regsync files",
    options: [
      { ...FILES, help: "Transship topology file, or regsync `version: 1` file; - for stdin", type: "text" },
      CHECKPOINT,
      RESULT_OUTPUT,
    ],
    examples: ["transship sync -f topology.yaml", "transship sync -f regsync.yml -o json"],
    load: () => import("./local/sync.ts"),
  },
  {
    words: "apply",
    summary: "create and change what files describe, all of it or nothing",
    options: [
      FILES,
      { flags: "--dry-run", help: "only tell what would change", type: "flag" },
      { flags: "--prune", help: "also delete what the files do not hold", type: "flag" },
      RESULT_OUTPUT,
      ...CONNECTION,
    ],
    examples: ["transship apply -f topology.yaml", "transship apply -f - --dry-run < topology.yaml"],
    load: () => import("./commands/apply.ts"),
  },
  {
    words: "diff",
    summary: "tell what applying files would change (exit 8 when something would)",
    options: [FILES, { flags: "--prune", help: "count what the files do not hold as deleted", type: "flag" }, RESULT_OUTPUT, ...CONNECTION],
    examples: ["transship diff -f topology.yaml"],
    load: () => import("./commands/diff.ts"),
  },
  {
    words: "delete",
    args: ["<kind>", "<name>"],
    summary: "delete an instance, a rule or a webhook",
    options: CONNECTION,
    examples: ["transship delete rule gz-to-sg"],
    load: () => import("./commands/delete.ts"),
  },
  ...looks("instance", "instances"),
  {
    words: "instance test",
    args: ["<name>"],
    summary: "have every agent that can reach the instance try to log in there",
    options: [{ ...OUTPUT, choices: ["table", "json", "yaml"] }, ...CONNECTION],
    examples: ["transship instance test gz"],
    load: () => import("./commands/instance/test.ts"),
  },
  ...looks("rule", "rules"),
  {
    words: "rule enable",
    args: ["<name>"],
    summary: "let a rule run",
    options: CONNECTION,
    load: () => import("./commands/rule/enable.ts"),
  },
  {
    words: "rule disable",
    args: ["<name>"],
    summary: "keep a rule from running",
    options: CONNECTION,
    load: () => import("./commands/rule/enable.ts"),
  },
  {
    words: "rule run",
    args: ["<name>"],
    summary: "run a rule now",
    options: [
      { flags: "--settle", help: "where rules lead both ways: what the source has wins over what the target has or lost", type: "flag" },
      ...WAIT,
      RESULT_OUTPUT,
      ...CONNECTION,
    ],
    examples: ["transship rule run gz-to-sg --wait", "transship rule run gz-to-sg --wait --timeout 10m -o json"],
    load: () => import("./commands/rule/run.ts"),
  },
  {
    words: "rule test-filter",
    args: ["<name>"],
    summary: "list the source and show what a rule selects, and why it does not select the rest",
    options: [
      { flags: "--repository <name>", help: "only this repository, by its whole name" },
      { flags: FILES.flags, help: "the rule is in this topology file and need not be applied; - for stdin", type: "list" },
      OUTPUT,
      ...CONNECTION,
    ],
    examples: ["transship rule test-filter gz-to-sg --repository team0/app", "transship rule test-filter gz-to-sg -f topology.yaml"],
    load: () => import("./commands/rule/test-filter.ts"),
  },
  {
    words: "plan rule",
    args: ["<name>"],
    summary: "list both sides and show what a run would copy, and why",
    options: [
      { flags: "--all", help: "also what the rule does not select, and why", type: "flag" },
      { flags: "--save", help: "keep the plan, to be run later by its id", type: "flag" },
      OUTPUT,
      ...CONNECTION,
    ],
    examples: [
      "transship plan rule gz-to-sg",
      "transship plan rule gz-to-sg --all",
      "transship plan rule gz-to-sg --save",
      "transship plan rule gz-to-sg -o json",
    ],
    load: () => import("./commands/plan/rule.ts"),
  },
  ...looks("plan", "plans", [{ flags: "--rule <name>", help: "only plans of this rule" }]),
  {
    words: "plan run",
    args: ["<id>"],
    summary: "run a saved plan, if it still holds",
    options: [...WAIT, RESULT_OUTPUT, ...CONNECTION],
    examples: ["transship plan run ID --wait"],
    load: () => import("./commands/plan/run.ts"),
  },
  ...looks("execution", "executions", EXECUTION_FILTERS),
  {
    words: "execution logs",
    args: ["<id>"],
    summary: "print what happened in an execution, a line each",
    options: [
      { flags: "-f, --follow", help: "go on until the execution ends", type: "flag" },
      { flags: "--task <id>", help: "only lines of this task" },
      { flags: "--search <text>", help: "only lines that hold this text, whatever the case" },
      { flags: "--level <level>", help: "least important lines to print", choices: ["debug", "info", "warn", "error"] },
      { flags: "--tail <n>", help: "begin with the last n of the lines that match", type: "count" },
      { ...OUTPUT, choices: ["table", "json"] },
      ...CONNECTION,
    ],
    examples: ["transship execution logs ID -f --level warn", "transship execution logs ID -o json > execution.jsonl"],
    load: () => import("./commands/execution/logs.ts"),
  },
  {
    words: "execution stop",
    args: ["<id>"],
    summary: "stop an execution; what arrived is kept",
    options: [RESULT_OUTPUT, ...CONNECTION],
    load: () => import("./commands/execution/stop.ts"),
  },
  {
    words: "execution retry",
    args: ["<id>"],
    summary: "run a finished execution again",
    options: [{ flags: "--failed-only", help: "only its failed and cancelled tasks", type: "flag" }, ...WAIT, RESULT_OUTPUT, ...CONNECTION],
    examples: ["transship execution retry ID --failed-only --wait"],
    load: () => import("./commands/execution/retry.ts"),
  },
  ...looks("task", "tasks", TASK_FILTERS),
  {
    words: "task retry",
    args: ["<id>"],
    summary: "run a failed or cancelled task again",
    options: [...WAIT, RESULT_OUTPUT, ...CONNECTION],
    load: () => import("./commands/task/retry.ts"),
  },
  ...looks("agent", "agents"),
  {
    words: "agent drain",
    args: ["<name>"],
    summary: "let an agent finish what it has and give it nothing new",
    options: CONNECTION,
    load: () => import("./commands/agent/drain.ts"),
  },
  {
    words: "agent revoke",
    args: ["<name>"],
    summary: "void an agent's tokens and end its connection",
    options: CONNECTION,
    load: () => import("./commands/agent/revoke.ts"),
  },
  {
    words: "agent token create",
    summary: "make a token for an agent; it is printed this once",
    options: [
      { flags: "--name <agent>", help: "name of the agent", required: true },
      { flags: "--ttl <duration>", help: "how long the token is valid (default: until it is revoked)", type: "duration" },
      ...CONNECTION,
    ],
    examples: ["transship agent token create --name idc-1 > idc-1.token"],
    load: () => import("./commands/agent/token-create.ts"),
  },
  ...looks("webhook", "webhooks"),
  {
    words: "webhook test",
    args: ["<name>"],
    summary: "send a webhook a test event",
    options: [{ ...OUTPUT, choices: ["table", "json", "yaml"] }, ...CONNECTION],
    examples: ["transship webhook test on-call"],
    load: () => import("./commands/webhook/test.ts"),
  },
  {
    words: "control-plane start",
    summary: "start a control plane",
    options: [
      { flags: "--data-dir <dir>", help: "where it keeps its database", required: true },
      ...LISTEN,
      ...HISTORY,
      { flags: "--tls-cert <file>", help: "PEM certificate of the server" },
      { flags: "--tls-key <file>", help: "PEM key of the certificate" },
      { flags: "--tls-ca <file>", help: "demand client certificates that this CA signed" },
      { flags: "--insecure", help: "plain gRPC without login; only with a loopback address", type: "flag" },
      ...LOGGING,
    ],
    examples: [
      "transship control-plane start --data-dir /var/lib/transship --grpc 0.0.0.0:7401 --tls-cert tls.crt --tls-key tls.key",
      "transship control-plane start --data-dir ./data --insecure",
    ],
    load: () => import("./local/control-plane-start.ts"),
  },
  {
    words: "agent start",
    summary: "start an agent",
    options: [
      { flags: "--name <name>", help: "unique name of the agent", required: true },
      { flags: "--region <region>", help: "where it is, e.g. ap-guangzhou", required: true },
      { flags: "--control-plane <host:port>", help: "address of the control plane", required: true },
      { flags: "--data-dir <dir>", help: "where it keeps its checkpoint and spool", required: true },
      ...PLACE,
      { flags: "--token-file <file>", help: "file that holds the agent's token" },
      { flags: "--tls-ca <file>", help: "PEM file of the CA that signed the control plane's certificate" },
      { flags: "--tls-cert <file>", help: "PEM client certificate, where the control plane demands one" },
      { flags: "--tls-key <file>", help: "PEM key of the client certificate" },
      { flags: "--insecure", help: "plain gRPC without login; only to a loopback address", type: "flag" },
      ...LOGGING,
    ],
    examples: [
      "transship agent start --name idc-1 --region ap-guangzhou --network idc-lan --network public --control-plane cp.example.com:7401 --token-file idc-1.token --data-dir /var/lib/transship-agent",
    ],
    load: () => import("./local/agent-start.ts"),
  },
  {
    words: "up",
    summary: "control plane and one agent in one process, for one machine",
    options: [
      { flags: "--data-dir <dir>", help: "where both keep their data", required: true },
      ...LISTEN,
      ...HISTORY,
      { flags: "--name <name>", help: "name of the agent", fallback: "local" },
      { flags: "--region <region>", help: "where the agent is", fallback: "local" },
      ...PLACE,
      ...LOGGING,
    ],
    examples: ["transship up --data-dir ./data"],
    load: () => import("./local/up.ts"),
  },
  {
    words: "dev-registry",
    summary: "a registry for tests and demos, with faults on demand",
    options: [
      { flags: "--listen <host:port>", help: "address; port 0 takes a free one", fallback: "127.0.0.1:5000" },
      { flags: "--dir <dir>", help: "keep everything in this directory (default: in memory)" },
      { flags: "--fault <name=value>", help: "a fault to inject; may be given several times, `--fault help` lists them", type: "list" },
    ],
    examples: ["transship dev-registry --listen 127.0.0.1:5000 --dir ./registry", "transship dev-registry --fault slow=1MiB"],
    load: () => import("./local/dev-registry.ts"),
  },
  { words: "context list", summary: "list the contexts", options: [OUTPUT], load: () => import("./commands/context/list.ts") },
  { words: "context use", args: ["<name>"], summary: "make a context the current one", load: () => import("./commands/context/use.ts") },
  {
    words: "context add",
    args: ["<name>"],
    summary: "add a context, or replace it",
    options: [
      { flags: "--server <host:port>", help: "address of the control plane", required: true },
      { flags: "--tls-ca <file>", help: "PEM file of the CA that signed its certificate" },
      { flags: "--tls-cert <file>", help: "PEM client certificate, where it demands one" },
      { flags: "--tls-key <file>", help: "PEM key of the client certificate" },
      { flags: "--token-file <file>", help: "file that holds the token" },
    ],
    examples: ["transship context add prod --server cp.example.com:7401 --token-file ~/.transship-token"],
    load: () => import("./commands/context/add.ts"),
  },
  {
    words: "config print",
    summary: "show each setting and where its value comes from",
    options: [OUTPUT, ...CONNECTION],
    load: () => import("./commands/config/print.ts"),
  },
  {
    words: "completion",
    args: ["<shell>"],
    summary: "print a completion script for bash, zsh or fish",
    examples: ["source <(transship completion bash)"],
    load: () => import("./commands/completion.ts"),
  },
  {
    words: "version",
    summary: "print the version of the CLI, and of the control plane where one is chosen",
    options: [{ ...OUTPUT, choices: ["table", "json", "yaml"] }, ...CONNECTION],
    load: () => import("./commands/version.ts"),
  },
];
