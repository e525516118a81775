// The TextMate grammar, run by the engine that VS Code runs, against what the compiler itself reads
// in every program of the repository (tests/editors/pieces.py).

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import oniguruma from "vscode-oniguruma";
import textmate from "vscode-textmate";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const KINDS = [
  ["Comment", /^comment\./],
  ["Literal.String", /^string\.|^constant\.character\.escape/],
  ["Literal.Number", /^constant\.numeric/],
  ["Literal.Date", /^constant\.other\.date/],
  ["Name.Constant", /^variable\.other\.constant/],
  ["Name", /^(variable\.other|entity\.name)(?!\.constant)/],
  ["Keyword.Constant", /^constant\.language/],
  ["Keyword", /^keyword\.control/],
  ["Operator", /^keyword\.operator/],
  ["Punctuation", /^punctuation\./],
];

const FILES = {
  "source.polc": "../syntaxes/polc.tmLanguage.json",
  "markdown.polc.codeblock": "../syntaxes/markdown.tmLanguage.json",
};

function registry() {
  const wasm = createRequire(import.meta.url).resolve("vscode-oniguruma/release/onig.wasm");
  const onigLib = oniguruma.loadWASM(readFileSync(wasm)).then(() => ({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }));
  return new textmate.Registry({
    onigLib,
    // What VS Code's own grammar makes of Markdown does not matter here, only that it is there.
    loadGrammar: async (scopeName) =>
      scopeName in FILES
        ? textmate.parseRawGrammar(readFileSync(path(FILES[scopeName]), "utf8"), FILES[scopeName])
        : { scopeName, patterns: [], repository: {} },
    getInjections: (scopeName) => (scopeName === "text.html.markdown" ? ["markdown.polc.codeblock"] : []),
  });
}

/** The innermost scope at each offset of a text. */
function scopes(tokenizer, text) {
  const found = new Array(text.length);
  let state = textmate.INITIAL;
  let start = 0;
  for (const line of text.split("\n")) {
    const { tokens, ruleStack } = tokenizer.tokenizeLine(line, state);
    for (const token of tokens) {
      // A string's marks have no scope of their own, an escape has.
      found.fill(token.scopes.at(-1), start + token.startIndex, start + token.endIndex);
    }
    state = ruleStack;
    start += line.length + 1;
  }
  return found;
}

function programs() {
  const own = path("../../../.venv/bin/python");
  const python = process.env.PYTHON ?? (existsSync(own) ? own : "python3");
  const script = path("../../../tests/editors/pieces.py");
  return JSON.parse(execFileSync(python, [script], { encoding: "utf8", maxBuffer: 1 << 28 }));
}

const grammars = registry();

test("every piece of every program has the scope of its kind", async () => {
  const tokenizer = await grammars.loadGrammar("source.polc");
  const wrong = [];
  let compared = 0;
  for (const { name, text, pieces } of programs()) {
    const found = scopes(tokenizer, text);
    for (const [offset, kind, piece] of pieces) {
      const allowed = KINDS.find(([prefix]) => kind.startsWith(prefix))?.[1];
      for (let at = offset; at < offset + piece.length; at++) {
        compared++;
        if (text[at] !== "\n" && !allowed?.test(found[at])) {
          const line = text.slice(0, at).split("\n").length;
          wrong.push(`${name}:${line}: ${piece}: ${kind}, but ${found[at]}`);
          break;
        }
      }
    }
  }
  assert.ok(compared > 10_000, `only ${compared} characters were compared`);
  assert.deepEqual(wrong, []);
});

test("fences of Markdown are coloured, and nothing around them", async () => {
  const tokenizer = await grammars.loadGrammar("text.html.markdown");
  const text = "service a\n```svc statements\nallow from a\n```\nservice b\n~~~polc\nservice c {\n~~~\n```sh\nservice d\n```\n";
  const found = scopes(tokenizer, text);
  assert.equal(found[text.indexOf("service a")], "text.html.markdown");
  assert.match(found[text.indexOf("allow")], /^keyword\.control/);
  assert.equal(found[text.indexOf("service b")], "text.html.markdown");
  assert.match(found[text.indexOf("service c")], /^keyword\.control/);
  assert.equal(found[text.indexOf("service d")], "text.html.markdown");
});
