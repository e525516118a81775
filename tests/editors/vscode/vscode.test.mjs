import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Editor } from "./editor.mjs";

const PROGRAM = `import std.platform

namespace shop { owner "team-shop" }

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

let editor;
before(async () => {
  editor = await Editor.start({ "policy.svc": PROGRAM }, { "polc.path": process.env.POLC });
  await editor.open("policy.svc");
});
after(() => editor.stop());

test("a program is coloured", async () => {
  await editor.page.locator(".view-line .mtk1").first().waitFor();
  await editor.page.waitForTimeout(8000);
  await editor.picture("open");
});
