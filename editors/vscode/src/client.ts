// The one client of `polc lsp`: started, asked, started anew, and never a stack trace.

import { workspace } from "vscode";
import {
  CloseAction,
  type ErrorHandler,
  type ExecuteCommandMiddleware,
  ExecuteCommandRequest,
  LanguageClient,
  type LanguageClientOptions,
  State,
} from "vscode-languageclient/node";
import { explainMissing, explainStop, programPath, Server, version } from "./program";

let client: LanguageClient | undefined;

/**
 * A client that says nothing of its own while it starts, for `start` says it once, and for people; nor
 * more than once that a request failed: a bug in the server would pop up with every key.
 */
class QuietClient extends LanguageClient {
  private told = false;

  override error(message: string, data?: unknown, show: boolean | "force" = true): void {
    const running = this.state === State.Running;
    const shown = running && (show === "force" || (show && !this.told)) ? show : false;
    this.told ||= shown === true;
    super.error(message, data, shown);
  }

  /** A server that crashes is started again; one that never answered is not. */
  override createDefaultErrorHandler(most?: number): ErrorHandler {
    const usual = super.createDefaultErrorHandler(most);
    return {
      error: (error, message, count) => usual.error(error, message, count),
      closed: () => (this.state === State.Running ? usual.closed() : { action: CloseAction.DoNotRestart }),
    };
  }
}

/** Start the server and wait until it answers, or until the user was told why it can't. */
export async function start(middleware: ExecuteCommandMiddleware): Promise<void> {
  const program = programPath();
  try {
    await version(program);
  } catch (error) {
    return (await explainMissing(program, error)) ? start(middleware) : undefined;
  }
  let ended = (): void => undefined;
  const end = new Promise<void>((resolve) => (ended = resolve));
  let server: Server | undefined; // the latest one: after a crash the client asks for another
  const launch = async () => (server = new Server(program, ended)).process;
  const starting = new QuietClient("polc", launch, options(middleware));
  client = starting;
  // Where the server ends before it has answered, the client may wait for ever.
  await Promise.race([starting.start().catch(() => end), end]);
  if (client === starting && starting.state !== State.Running) {
    if (await explainStop(program, server?.stderr ?? "")) {
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

function options(middleware: ExecuteCommandMiddleware): LanguageClientOptions {
  return {
    documentSelector: [
      { language: "polc", scheme: "file" },
      { language: "polc", scheme: "untitled" },
    ],
    initializationOptions: JSON.parse(JSON.stringify(workspace.getConfiguration("polc"))),
    synchronize: { configurationSection: "polc" },
    initializationFailedHandler: () => false, // no second try, and no message
    middleware,
  };
}
