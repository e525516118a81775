// What somebody sees who edits a program in VS Code. The tests are one story, told in order; each
// leaves a picture in .cache/pictures.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Editor } from "./editor.mjs";

const PROGRAM = `namespace shop { owner "team-shop" }

# The web page; calls the API.
service frontend {
  select { app: "frontend" }
  port   http 8080 http
}

# Takes orders.
service api {
  select { app: "api" }
  port   web 80 -> 8080 http
  allow from frontend on web
}
`;
const FLOW = PROGRAM.split("\n").findIndex((line) => line.includes("allow from")) + 1;

let editor;
let page;

before(async () => {
  editor = await Editor.start({ "policy.svc": PROGRAM }, { "polc.path": process.env.POLC });
  page = editor.page;
  await editor.open("policy.svc");
});
after(() => editor?.stop());
afterEach((context) => editor.picture(context.name.replaceAll(/\W+/g, "-")));

const line = (text) => page.locator(".view-line", { hasText: text }).first();

const preview = () => page.frameLocator("iframe.webview.ready").last().frameLocator("#active-frame");

/** The colour of a word in a line. */
async function colour(text, word) {
  const piece = line(text).locator("span span", { hasText: word }).first();
  return piece.evaluate((node) => getComputedStyle(node).color);
}

test("a program is coloured", async () => {
  await line("service frontend").waitFor();
  await page.locator(".statusbar-item", { hasText: "polc" }).first().waitFor();
  await page.waitForFunction(() => new Set(Array.from(document.querySelectorAll(".view-line span span"),
    (node) => getComputedStyle(node).color)).size > 3);
  const keyword = await colour("service frontend", "service");
  assert.equal(await colour("service api", "service"), keyword);
  assert.notEqual(await colour("service frontend", "frontend"), keyword);
  assert.notEqual(await colour("port", "8080"), keyword);
  assert.notEqual(await colour("# Takes orders.", "Takes"), keyword);
});

test("a mistake is underlined while it is typed", async () => {
  await editor.goTo(FLOW, 22);
  await page.keyboard.press("Backspace");
  await page.keyboard.type("t");
  await page.locator(".squiggly-error").first().waitFor();
  await editor.run("Problems: Focus on Problems View");
  const problem = page.locator(".markers-panel .monaco-list-row", { hasText: "POL101" });
  await problem.waitFor();
  assert.match(await problem.innerText(), /frontent.*did you mean `frontend`/s);
  await editor.picture("problem");
  await page.keyboard.press("Control+j");
});

test("a quick fix mends it, and the underline goes", async () => {
  await editor.goTo(FLOW, 16);
  await page.keyboard.press("Control+.");
  const fix = page.locator(".action-widget .monaco-list-row", { hasText: "frontend" });
  await fix.first().waitFor();
  await editor.picture("quick-fix");
  await page.keyboard.press("Enter");
  await line("allow from frontend on web").waitFor();
  await page.locator(".squiggly-error").first().waitFor({ state: "detached" });
});

test("a name leads to its declaration", async () => {
  await editor.goTo(FLOW, 18);
  await page.keyboard.press("F12");
  await page.locator(".statusbar-item", { hasText: "Ln 4, Col 9" }).waitFor();
});

test("a name says who it is when it is pointed at", async () => {
  await editor.goTo(FLOW, 18);
  await editor.run("Show or Focus Hover");
  const hover = page.locator(".monaco-hover:not(.hidden)", { hasText: "The web page; calls the API." });
  await hover.first().waitFor();
  assert.match(await hover.first().innerText(), /service shop\/frontend/);
  await editor.picture("hover");
  await page.keyboard.press("Escape");
});

test("what a line leaves unsaid is shown in it", async () => {
  await line("allow from frontend on web:8080").waitFor();
});

test("a word that is begun is completed", async () => {
  await editor.goTo(FLOW, 29);
  await page.keyboard.press("Enter");
  await page.keyboard.type("allow from fro");
  await page.keyboard.press("Control+Space");
  const offer = page.locator(".suggest-widget.visible .monaco-list-row", { hasText: "frontend" });
  await offer.first().waitFor();
  await editor.picture("completion");
  await page.keyboard.press("Enter");
  await page.locator(".view-line", { hasText: "allow from frontend" }).nth(1).waitFor();
  await page.keyboard.type("   on web");
});

test("saving puts the text in order", async () => {
  await page.keyboard.press("Control+s");
  await editor.wait(() => editor.read("policy.svc").includes("  allow from frontend on web\n  allow from frontend on web\n"));
});

test("a snippet gives a whole service", async () => {
  await page.keyboard.press("Control+End");
  await page.keyboard.type("\nservice-kn");
  const offer = page.locator(".suggest-widget.visible .monaco-list-row", { hasText: "service-knative" });
  await offer.first().waitFor();
  await page.keyboard.press("Tab");
  await line("workload    knative").waitFor();
  await page.keyboard.type("thumbnails");
  await line("service thumbnails").waitFor();
  await page.keyboard.press("Escape");
});

test("a line leads to the object that it compiles to", async () => {
  await editor.restore("policy.svc");
  await editor.goTo(FLOW, 5);
  await editor.run("polc: Show compiled object");
  await page.locator(".tab", { hasText: "NetworkPolicy" }).waitFor();
  await line("kind: NetworkPolicy").waitFor();
  await editor.focus("policy.svc");
});

test("a line above a service tells who reaches it, and opens the graph", async () => {
  const lens = page.locator(".codelens-decoration a", { hasText: "reachable by 1" });
  await lens.first().waitFor();
  await editor.picture("lens");
  await lens.first().click();
  await preview().locator("body", { hasText: "shop/frontend" }).waitFor();
  await editor.picture("reach");
  await page.locator(".codelens-decoration a", { hasText: "graph" }).first().click();
  await page.locator(".tab.active", { hasText: "Graph of policy.svc" }).waitFor();
  await editor.focus("policy.svc");
});

test("the graph is drawn beside the program, and follows it", async () => {
  await editor.run("polc: Show graph");
  const graph = page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
  await graph.locator("#map .node", { hasText: "frontend" }).waitFor();
  assert.match(await graph.locator("#count").innerText(), /2 services, 1 flow\b/);
  await editor.picture("graph");
  await editor.focus("policy.svc");
  await editor.goTo(FLOW, 29);
  await page.keyboard.type(", metrics");
  await editor.goTo(FLOW, 1);
  await page.keyboard.type("  port metrics 9090 http\n");
  await page.keyboard.press("Control+s");
  await graph.locator("#count", { hasText: "2 services, 2 flows" }).waitFor();
});

test("what is newly permitted is underlined where it is said", async () => {
  await page.locator(".squiggly-info").first().waitFor();
  await editor.focus("policy.svc");
  await editor.run("Problems: Focus on Problems View");
  await page.locator(".markers-panel .monaco-list-row", { hasText: "POL810" }).waitFor();
  await editor.picture("widening");
  await page.keyboard.press("Control+j");
});

test("what was changed since the last commit is told as a page", async () => {
  await editor.run("polc: Diff against HEAD");
  await page.locator(".tab.active", { hasText: "against HEAD" }).waitFor();
  await preview().locator(".markdown-body", { hasText: "metrics" }).waitFor();
});

test("a server that dies is started again", async () => {
  editor.killServer();
  await editor.focus("policy.svc");
  await editor.goTo(FLOW, 3);
  await page.keyboard.type("x");
  await page.locator(".squiggly-error").first().waitFor();
  await editor.run("polc: Restart server");
  await page.keyboard.press("Backspace");
  await page.locator(".squiggly-error").first().waitFor({ state: "detached" });
});
