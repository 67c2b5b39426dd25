import { createRequire } from "node:module";
import type { Client as AnyClient, Dispatcher as AnyDispatcher, Pool as AnyPool, buildConnector as BuildConnector } from "undici";

/**
 * The parts of undici that a registry client needs: 25 files. Its front door loads 109 (fetch, WebSocket, caches, mocks), which every `copy` and `sync` would
 * wait for. That door is also what gives dispatchers their `request` and `connect`, so that is done here.
 */
const load = createRequire(import.meta.url);
const Dispatcher = load("undici/lib/dispatcher/dispatcher.js") as typeof AnyDispatcher;
Object.assign(Dispatcher.prototype, {
  request: load("undici/lib/api/api-request.js") as AnyDispatcher["request"],
  connect: load("undici/lib/api/api-connect.js") as AnyDispatcher["connect"],
});

export const Client = load("undici/lib/dispatcher/client.js") as typeof AnyClient;
export const Pool = load("undici/lib/dispatcher/pool.js") as typeof AnyPool;
export const buildConnector = load("undici/lib/core/connect.js") as typeof BuildConnector;
