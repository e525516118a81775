// VS Code in a browser: one server, one page, one fresh workspace under git.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const CODE_SERVER = fileURLToPath(new URL("node_modules/code-server/out/node/entry.js", import.meta.url));
const EXTENSION = fileURLToPath(new URL("../../../editors/vscode/dist/polc.vsix", import.meta.url));
const PICTURES = join(process.env.CACHE, "pictures");
const CHROMIUM = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
  "--disable-background-networking", "--disable-component-update",
];
const SETTINGS = {
  "files.autoSave": "off",
  "editor.formatOnSave": true,
  "editor.minimap.enabled": false,
  "editor.accessibilitySupport": "off",
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "git.autofetch": false,
};

export class Editor {
  /** Start VS Code on a workspace with these files, the ones given first committed. */
  static async start(files, settings = {}) {
    const editor = new Editor();
    editor.home = realpathSync(mkdtempSync(join(tmpdir(), "polc-vscode-")));
    editor.folder = join(editor.home, "workspace");
    const user = join(editor.home, "data", "User");
    for (const each of [editor.folder, user, PICTURES]) {
      mkdirSync(each, { recursive: true });
    }
    writeFileSync(join(user, "settings.json"), JSON.stringify({ ...SETTINGS, ...settings }));
    for (const [name, text] of Object.entries(files)) {
      editor.write(name, text);
    }
    editor.git("init", "--quiet");
    editor.git("add", ".");
    editor.git("commit", "--quiet", "--message", "a first program");
    await editor.serve();
    editor.browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: CHROMIUM });
    editor.page = await editor.browser.newPage({ viewport: { width: 1500, height: 950 } });
    editor.page.setDefaultTimeout(15_000);
    return editor;
  }

  git(...args) {
    const who = ["-c", "user.name=tester", "-c", "user.email=tester@example.com"];
    execFileSync("git", [...who, ...args], { cwd: this.folder });
  }

  write(name, text) {
    mkdirSync(dirname(join(this.folder, name)), { recursive: true });
    writeFileSync(join(this.folder, name), text);
  }

  async serve() {
    const places = [
      "--user-data-dir", join(this.home, "data"),
      "--extensions-dir", join(this.home, "extensions"),
      "--config", join(this.home, "config.yaml"),
    ];
    writeFileSync(join(this.home, "config.yaml"), "");
    const env = { ...process.env, HOME: this.home };
    execFileSync(process.execPath, [CODE_SERVER, ...places, "--install-extension", EXTENSION], { env });
    this.server = spawn(
      process.execPath,
      [
        CODE_SERVER, ...places, "--auth", "none", "--bind-addr", "127.0.0.1:0", "--disable-telemetry",
        "--disable-update-check", "--disable-workspace-trust", "--disable-getting-started-override",
      ],
      { env, stdio: ["ignore", "pipe", "inherit"] },
    );
    this.url = await new Promise((resolve, reject) => {
      let output = "";
      this.server.on("exit", () => reject(new Error(`code-server ended:\n${output}`)));
      this.server.stdout.on("data", (data) => {
        output += data;
        const found = /HTTP server listening on (http:\S+?)\/?\s/.exec(output);
        if (found) {
          resolve(found[1]);
        }
      });
    });
  }

  /** Open a file by its URL, in a window of its own. */
  async open(name) {
    const uri = `vscode-remote://${new URL(this.url).host}${join(this.folder, name)}`;
    const payload = encodeURIComponent(JSON.stringify([["openFile", uri]]));
    await this.page.goto(`${this.url}/?folder=${this.folder}&payload=${payload}`);
    await this.page.locator(".monaco-editor .view-line").first().waitFor();
    await this.page.locator(".monaco-editor textarea, .monaco-editor .native-edit-context").first().focus();
  }

  /** Run a command by its title, as a user does. */
  async run(title) {
    await this.page.keyboard.press("F1");
    await this.page.locator(".quick-input-widget input").fill(`>${title}`);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first().waitFor();
    await this.page.keyboard.press("Enter");
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  /** Put the cursor at a line and a column, both counted from 1. */
  async goTo(line, column) {
    await this.page.keyboard.press("Control+g");
    await this.page.locator(".quick-input-widget input").fill(`:${line}:${column}`);
    await this.page.keyboard.press("Enter");
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  /** Bring a tab to the front, and the cursor into its text. */
  async focus(name) {
    await this.page.locator(".tab", { hasText: name }).first().click();
  }

  read(name) {
    return readFileSync(join(this.folder, name), "utf8");
  }

  /** End the language server of this workspace, and no other. */
  killServer() {
    const mine = readdirSync("/proc").filter((pid) => {
      try {
        const arguments_ = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return arguments_.includes("lsp") && readlinkSync(`/proc/${pid}/cwd`) === this.folder;
      } catch {
        return false; // not a process, or not any more
      }
    });
    assert.equal(mine.length, 1, `language servers: ${mine}`);
    process.kill(Number(mine[0]), "SIGKILL");
  }

  /** Wait until something outside of the page holds. */
  async wait(holds, most = 15_000) {
    for (const end = Date.now() + most; !holds(); ) {
      assert.ok(Date.now() < end, `it never was so that ${holds}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Have a file as it was committed, in the editor and on the disk. */
  async restore(name) {
    await this.run("File: Revert File");
    this.git("checkout", "--", name);
    await this.run("File: Revert File");
  }

  async picture(name) {
    await this.page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }

  async stop() {
    await this.browser?.close();
    this.server?.removeAllListeners("exit");
    this.server?.kill();
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
