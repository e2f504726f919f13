// Opens dossiers in headless Chromium: axe and html-validate must find nothing, at 320 and 1280 px, light and dark, with and without
// scripts, and nothing may be fetched. Then the script inside must notice each changed file that a browser reads otherwise.
// Reads JSON on stdin: { pages: [file...], original: file, changed: [file...] }; writes JSON on stdout.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { HtmlValidate } from "html-validate";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url), axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const asked = JSON.parse(readFileSync(0, "utf8"));
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const found = [], count = { views: 0, changed: 0, noticed: 0, neutral: [] };

const validator = new HtmlValidate({
  extends: ["html-validate:standard"],
  rules: { "no-inline-style": "error", "long-title": "off", "require-sri": "off", "attribute-boolean-style": "off", "void-style": "off" },
});
for (const file of asked.pages) {
  const report = await validator.validateFile(file);
  for (const result of report.results) for (const message of result.messages) found.push(`${file}: ${message.ruleId}: ${message.message}`);
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
const state = page => page.locator("#state").first().getAttribute("class").catch(() => "none");
const settled = page => page.waitForFunction(() => {
  const shown = document.getElementById("shown"), said = document.getElementById("state");
  return shown && shown.childElementCount > 0 && said && said.className !== "";
}, null, { timeout: 4000 }).then(() => true, () => false);

for (const file of asked.pages) for (const width of [320, 1280]) for (const colorScheme of ["light", "dark"]) for (const scripts of [true, false]) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, javaScriptEnabled: scripts });
  const page = await context.newPage(), fetched = [], where = `${file} ${width} ${colorScheme} ${scripts ? "" : "no script"}`;
  page.on("request", request => { if (!request.url().startsWith("file:") || request.url().split("#")[0] !== `file://${file}`) fetched.push(request.url()); });
  page.on("pageerror", error => found.push(`${where}: ${error.message}`));
  await page.goto(`file://${file}`);
  count.views += 1;
  if (scripts) {
    if (!await settled(page) || await state(page) !== "good") found.push(`${where}: an untouched dossier is not verified`);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(tags => window.axe.run(document, { runOnly: tags }), TAGS);
    for (const each of violations) found.push(`${where}: axe ${each.id}: ${each.nodes[0].html.slice(0, 120)}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) found.push(`${where}: ${wide} px too wide`);
  } else if (await page.locator("main h1").count() !== 1) found.push(`${where}: not readable without scripts`);
  if (fetched.length) found.push(`${where}: fetched ${fetched[0]}`);
  if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/${file.split("/").pop()}-${width}-${colorScheme}-${scripts}.png` });
  await context.close();
}

// What a browser makes of a file, whatever its script says of it: with scripts off, so that only the reading counts.
const dumb = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
const read = async file => { await dumb.goto(`file://${file}`); return dumb.content(); };
const original = await read(asked.original), context = await browser.newContext(), page = await context.newPage();
for (const file of asked.changed) {
  count.changed += 1;
  await page.goto(`file://${file}`);
  await Promise.race([settled(page), page.waitForTimeout(400)]);
  if (await state(page) !== "good") { count.noticed += 1; continue; }
  if (await read(file) === original) count.neutral.push(file); else found.push(`${file}: changed, and not noticed`);
}
await browser.close();
process.stdout.write(JSON.stringify({ found, ...count }));
