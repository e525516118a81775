// What the server tells in long form: the graph, the compiled objects, the difference to HEAD.

import {
  ColorThemeKind,
  commands,
  DiagnosticSeverity,
  type Disposable,
  EventEmitter,
  languages,
  Position,
  Range,
  type TextDocumentContentProvider,
  TextEditorRevealType,
  Uri,
  ViewColumn,
  type WebviewPanel,
  window,
  workspace,
} from "vscode";

/** A place as the protocol writes it. */
export interface Place {
  line: number;
  character: number;
}

interface CompiledObject {
  title: string;
  text: string;
  /** Where in `text` the line's own part starts, counted from 0. */
  line: number;
}

/** Ask the server to execute a command of its own. */
export type Ask = (command: string, args: unknown[]) => Promise<unknown>;

const OBJECT = "polc-object";
const PAGE = "polc-page";

/** The read-only documents and panels; they follow the program whenever it is saved. */
export class Views implements TextDocumentContentProvider, Disposable {
  private readonly changed = new EventEmitter<Uri>();
  readonly onDidChange = this.changed.event;
  private readonly graphs = new Map<string, WebviewPanel>();
  private readonly disposables: Disposable[];

  constructor(
    private readonly ask: Ask,
    private readonly icon: Uri,
  ) {
    this.disposables = [
      this.changed,
      workspace.registerTextDocumentContentProvider(OBJECT, this),
      workspace.registerTextDocumentContentProvider(PAGE, this),
      workspace.onDidSaveTextDocument((document) => {
        if (document.languageId === "polc" && !hasErrors(document.uri)) {
          this.refresh();
        }
      }),
      window.onDidChangeActiveColorTheme(() => this.refreshGraphs()),
    ];
  }

  dispose(): void {
    for (const each of [...this.disposables, ...this.graphs.values()]) {
      each.dispose();
    }
  }

  async showGraph(uri: string): Promise<void> {
    const page = await this.graph(uri);
    if (page === undefined) {
      return; // the server has said why
    }
    let panel = this.graphs.get(uri);
    if (panel === undefined) {
      const title = `Graph of ${baseName(uri)}`;
      panel = window.createWebviewPanel("polc.graph", title, ViewColumn.Beside, { enableScripts: true });
      panel.iconPath = this.icon;
      panel.onDidDispose(() => this.graphs.delete(uri));
      this.graphs.set(uri, panel);
    }
    panel.webview.html = page;
    panel.reveal(undefined, true);
  }

  async showCompiled(uri: string, place: Place): Promise<void> {
    const args = [uri, place];
    const found = (await this.ask("polc.objectText", args)) as CompiledObject | null;
    if (found === null) {
      void window.showInformationMessage("polc: this line compiles to no object of its own.");
      return;
    }
    const target = address(OBJECT, `${found.title.replaceAll("/", " ")}.yaml`, "polc.objectText", args);
    const document = await workspace.openTextDocument(target);
    await languages.setTextDocumentLanguage(document, "yaml");
    const editor = await window.showTextDocument(document, { viewColumn: ViewColumn.Beside, preserveFocus: true });
    const start = new Position(found.line, 0);
    editor.revealRange(new Range(start, start), TextEditorRevealType.InCenterIfOutsideViewport);
  }

  diffHead(uri: string): Promise<void> {
    return this.showPage(`${baseName(uri)} against HEAD`, "polc.diffHeadText", [uri]);
  }

  showReach(uri: string, place: Place): Promise<void> {
    return this.showPage(`Reach in ${baseName(uri)}`, "polc.reachText", [uri, place]);
  }

  /** The text of a document of ours: the server's answer to the command that its address holds. */
  async provideTextDocumentContent(target: Uri): Promise<string> {
    const { command, args } = JSON.parse(target.query) as { command: string; args: unknown[] };
    const answer = (await this.ask(command, args)) as CompiledObject | string | null;
    return typeof answer === "string" ? answer : (answer?.text ?? "");
  }

  private async showPage(title: string, command: string, args: unknown[]): Promise<void> {
    const target = address(PAGE, `${title}.md`, command, args);
    this.changed.fire(target); // it may be open, and out of date
    await commands.executeCommand("markdown.showPreviewToSide", target);
  }

  private async graph(uri: string): Promise<string | undefined> {
    const page = await this.ask("polc.graphHtml", [uri]);
    return typeof page === "string" ? inColours(page) : undefined;
  }

  private refresh(): void {
    for (const { uri } of workspace.textDocuments) {
      if (uri.scheme === OBJECT || uri.scheme === PAGE) {
        this.changed.fire(uri);
      }
    }
    this.refreshGraphs();
  }

  private refreshGraphs(): void {
    for (const [uri, panel] of this.graphs) {
      void this.graph(uri).then((page) => (panel.webview.html = page ?? panel.webview.html));
    }
  }
}

function address(scheme: string, name: string, command: string, args: unknown[]): Uri {
  return Uri.from({ scheme, path: `/${name}`, query: JSON.stringify({ command, args }) });
}

/** The page in the editor's light or dark; by itself it follows the desktop's. */
function inColours(page: string): string {
  const { kind } = window.activeColorTheme;
  const dark = kind === ColorThemeKind.Dark || kind === ColorThemeKind.HighContrast;
  return page
    .replaceAll("(prefers-color-scheme: dark)", dark ? "all" : "not all")
    .replaceAll("color-scheme: light dark", `color-scheme: ${dark ? "dark" : "light"}`);
}

/** Whether the server would only repeat what is underlined already. */
function hasErrors(uri: Uri): boolean {
  return languages.getDiagnostics(uri).some((each) => each.severity === DiagnosticSeverity.Error);
}

function baseName(uri: string): string {
  return Uri.parse(uri).path.split("/").at(-1) ?? uri;
}
