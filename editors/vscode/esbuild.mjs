// Bundles the extension into dist/extension.js; `vscode` is what the editor itself provides.
import { copyFileSync } from "node:fs";
import { build } from "esbuild";

copyFileSync("../../LICENSE", "LICENSE"); // a packed extension brings its own
await build({
  entryPoints: ["src/extension.ts"],
  outfile: "dist/extension.js",
  bundle: true,
  minify: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["vscode"],
  logLevel: "warning",
});
