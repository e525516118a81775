// The one client of `polc lsp`: started, asked, started anew, and never a stack trace.

import { workspace } from "vscode";
import {
  CloseAction,
  ErrorAction,
  type ErrorHandler,
  type ExecuteCommandMiddleware,
  ExecuteCommandRequest,
  LanguageClient,
  type LanguageClientOptions,
  State,
} from "vscode-languageclient/node";
import { explainMissing, explainStop, programPath, Server, version } from "./program";

let client: LanguageClient | undefined;

/** Start the server and wait until it answers, or until the user was told why it can't. */
export async function start(middleware: ExecuteCommandMiddleware): Promise<void> {
  const program = programPath();
  try {
    await version(program);
  } catch (error) {
    return (await explainMissing(program, error)) ? start(middleware) : undefined;
  }
  let server: Server | undefined;
  let usual: ErrorHandler | undefined;
  const starting: LanguageClient = new LanguageClient(
    "polc",
    async () => (server = new Server(program)).process,
    options(middleware, {
      error: (error, message, count) => usual?.error(error, message, count) ?? { action: ErrorAction.Continue },
      closed: () =>
        usual && starting.state === State.Running
          ? usual.closed()
          : { action: CloseAction.DoNotRestart, handled: true },
    }),
  );
  usual = starting.createDefaultErrorHandler();
  client = starting;
  try {
    await starting.start();
  } catch {
    if (client === starting && (await explainStop(program, server?.stderr ?? ""))) {
      await start(middleware);
    }
  }
}

export async function stop(): Promise<void> {
  const stopping = client;
  client = undefined;
  await stopping?.dispose().catch(() => undefined); // it may have ended by itself
}

/** Have the server execute one of its commands. */
export async function ask(command: string, args: unknown[]): Promise<unknown> {
  if (client?.state !== State.Running) {
    throw new Error("the language server is not running");
  }
  return client.sendRequest(ExecuteCommandRequest.type, { command, arguments: args });
}

function options(middleware: ExecuteCommandMiddleware, errorHandler: ErrorHandler): LanguageClientOptions {
  return {
    documentSelector: [
      { language: "polc", scheme: "file" },
      { language: "polc", scheme: "untitled" },
    ],
    initializationOptions: JSON.parse(JSON.stringify(workspace.getConfiguration("polc"))),
    synchronize: { configurationSection: "polc" },
    middleware,
    errorHandler,
  };
}
