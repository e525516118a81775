// What somebody sees for whom the server can't start: a reason, and what to do.

import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { Editor } from "./editor.mjs";

const SETTINGS = '{"polc.path": "polc-of-nowhere"}';
const folder = mkdtempSync(join(tmpdir(), "polc-fake-"));
const stopping = join(folder, "polc");
writeFileSync(
  stopping,
  `#!/bin/sh
test "$1" = --version && { echo "polc 0.1.0"; exit; }
echo "Traceback (most recent call last):" >&2
echo "polc lsp needs pygls" >&2
exit 2
`,
);
chmodSync(stopping, 0o755);

let editor;
let toast;
before(async () => {
  editor = await Editor.start({ "policy.svc": "namespace shop\n", ".vscode/settings.json": SETTINGS });
  toast = editor.page.locator(".notifications-toasts .notification-list-item");
  await editor.open("policy.svc");
});
after(async () => {
  await editor?.stop();
  rmSync(folder, { recursive: true });
});
afterEach((context) => editor.picture(context.name.replaceAll(/\W+/g, "-")));

test("a program that is missing is named, and how to get it", async () => {
  await toast.first().waitFor();
  const said = await toast.first().innerText();
  assert.match(said, /"polc-of-nowhere" was not found/);
  assert.match(said, /pip install "polc\[lsp\]"/);
  assert.match(said, /Open Settings/);
  assert.equal(await toast.count(), 1);
});

test("colours and snippets are there all the same", async () => {
  await editor.page.locator(".view-line span span", { hasText: "namespace" }).first().waitFor();
});

test("a server that stops at once is quoted, without its stack trace", async () => {
  await editor.run("Notifications: Clear All Notifications");
  editor.write(".vscode/settings.json", JSON.stringify({ "polc.path": stopping }));
  await toast.filter({ hasText: "polc lsp needs pygls" }).first().waitFor();
  const said = await toast.allInnerTexts();
  assert.doesNotMatch(said.join(), /Traceback/);
  assert.equal(said.length, 1, said.join("\n---\n"));
});

test("the server starts as soon as the setting is right", async () => {
  await editor.run("Notifications: Clear All Notifications");
  editor.write(".vscode/settings.json", JSON.stringify({ "polc.path": process.env.POLC }));
  await editor.page.locator(".monaco-editor").first().click();
  await editor.page.keyboard.press("Control+End");
  await editor.page.keyboard.type("service a { allow from b }");
  await editor.page.locator(".squiggly-error").first().waitFor();
});
