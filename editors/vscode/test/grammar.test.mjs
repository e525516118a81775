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

async function grammar() {
  const wasm = createRequire(import.meta.url).resolve("vscode-oniguruma/release/onig.wasm");
  await oniguruma.loadWASM(readFileSync(wasm));
  const file = path("../syntaxes/polc.tmLanguage.json");
  return new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => textmate.parseRawGrammar(readFileSync(file, "utf8"), file),
  }).loadGrammar("source.polc");
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

const tokenizer = await grammar();

test("every piece of every program has the scope of its kind", () => {
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
