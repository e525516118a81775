// The program `polc`: where it is, and what to say where it is not.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { commands, window, workspace } from "vscode";

const INSTALL = "pip install polc";
const KEPT_OF_STDERR = 2000;

/** The setting `polc.path` as something to run: a name on the search path, or an absolute path. */
export function programPath(): string {
  const folder = workspace.workspaceFolders?.[0]?.uri.fsPath;
  const setting = workspace.getConfiguration("polc").get<string>("path")?.trim() || "polc";
  const path = setting.replace("${workspaceFolder}", folder ?? "").replace(/^~(?=[\\/])/, homedir());
  return folder && !isAbsolute(path) && /[\\/]/.test(path) ? join(folder, path) : path;
}

/** The output of `polc --version`; throws where the program can't be run. */
export async function version(program: string): Promise<string> {
  const { stdout } = await promisify(execFile)(program, ["--version"], { timeout: 20_000 });
  return stdout.trim();
}

/** A language server that was started, and the end of what it wrote to standard error. */
export class Server {
  stderr = "";
  readonly process: ChildProcess;

  constructor(program: string, ended: () => void) {
    const cwd = workspace.workspaceFolders?.[0]?.uri.fsPath;
    this.process = spawn(program, ["lsp"], cwd ? { cwd } : {});
    this.process.once("error", ended).once("close", ended);
    this.process.stderr?.on("data", (data: Buffer) => {
      this.stderr = (this.stderr + data.toString()).slice(-KEPT_OF_STDERR);
    });
  }
}

/** Say that the program is missing, and how to get it; true when to try again. */
export async function explainMissing(program: string, error: unknown): Promise<boolean> {
  const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
  const what = missing ? `The program "${program}" was not found` : `"${program}" can't be run: ${reason(error)}`;
  return ask(`${what}. Install polc with ${INSTALL}, or name the program in the setting polc.path.`);
}

/** Say why the server ended before it could answer; true when to try again. */
export async function explainStop(program: string, stderr: string): Promise<boolean> {
  const said = stderr.trim() || "it does not say why";
  const why = said.includes("Traceback") ? said.split("\n").at(-1) : said.replaceAll(/\s+/g, " ");
  return ask(`"${program} lsp" stopped as soon as it was started: ${why}`);
}

async function ask(message: string): Promise<boolean> {
  const choice = await window.showErrorMessage(`polc: ${message}`, "Try Again", "Open Settings");
  if (choice === "Open Settings") {
    await commands.executeCommand("workbench.action.openSettings", "polc.path");
  }
  return choice === "Try Again";
}

function reason(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message?: string };
  return (stderr?.trim() || message || String(error)).split("\n")[0] ?? "";
}
