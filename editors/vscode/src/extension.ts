// The extension: a client of `polc lsp`, and views for what a plain editor would open as a file.

import { commands, type ExtensionContext, Uri, window, workspace } from "vscode";
import type { ExecuteCommandSignature } from "vscode-languageclient/node";
import { ask, start, stop } from "./client";
import { type Place, Views } from "./views";

export function activate(context: ExtensionContext): void {
  const views = new Views(ask, Uri.joinPath(context.extensionUri, "icons", "file.svg"));
  const shown: Record<string, (uri: string, place: Place) => Promise<void>> = {
    "polc.showGraph": (uri) => views.showGraph(uri),
    "polc.showCompiled": (uri, place) => views.showCompiled(uri, place),
    "polc.showReach": (uri, place) => views.showReach(uri, place),
    "polc.diffHead": (uri) => views.diffHead(uri),
    // Of a file that was built; the server opens the program.
    "polc.openSource": async (uri, place) => void (await ask("polc.openSource", [uri, place])),
  };

  /** Open a view; what the arguments leave out is where the cursor is. */
  async function show(command: string, args: unknown[] = []): Promise<void> {
    const editor = window.activeTextEditor;
    const uri = (args[0] as string | undefined) ?? editor?.document.uri.toString();
    const { line, character } = (args[1] as Place | undefined) ?? editor?.selection.active ?? { line: 0, character: 0 };
    try {
      if (uri !== undefined) {
        await shown[command]?.(uri, { line, character });
      }
    } catch (error) {
      void window.showErrorMessage(`polc: ${(error as Error).message}`);
    }
  }

  // The server's own commands open files. The lenses name them; here they open views.
  const executeCommand = (command: string, args: unknown[], next: ExecuteCommandSignature): unknown =>
    command in shown ? show(command, args) : next(command, args);
  const restart = async (): Promise<void> => {
    await stop();
    await start({ executeCommand });
  };

  context.subscriptions.push(
    views,
    commands.registerCommand("polc.client.showGraph", () => show("polc.showGraph")),
    commands.registerCommand("polc.client.showCompiled", () => show("polc.showCompiled")),
    commands.registerCommand("polc.client.showReach", () => show("polc.showReach")),
    commands.registerCommand("polc.client.openSource", () => show("polc.openSource")),
    commands.registerCommand("polc.client.diffHead", () => show("polc.diffHead")),
    commands.registerCommand("polc.client.restart", restart),
    workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("polc.path") && restart()),
  );
  void start({ executeCommand }); // not awaited: colours and commands are there at once
}

export function deactivate(): Promise<void> {
  return stop();
}
