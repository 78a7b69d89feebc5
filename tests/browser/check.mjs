// Pages in a real browser: nothing loads, nothing runs, axe finds nothing, and what can be clicked works.
//
//   node tests/browser/check.mjs PAGES [SCREENSHOTS]
//
// PAGES is what `cargo run --features forge --example pages PAGES` wrote. Needs Chromium (CHROMIUM names another one)
// and playwright-core and axe-core, found from the folder in NODE_MODULES or from here. Ends with 0 and says so where
// they are not installed.
import { createRequire } from 'node:module';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const require = createRequire(
  process.env.NODE_MODULES ? join(resolve(process.env.NODE_MODULES), 'x.js') : import.meta.url,
);
const [pages, shots] = process.argv.slice(2);
let chromium;
let axe;
try {
  ({ chromium } = require('playwright-core'));
  axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
} catch {
  skip('playwright-core and axe-core are not installed');
}
if (!existsSync(chromiumPath)) {
  skip(`there is no ${chromiumPath}`);
}
if (!pages) {
  console.error('usage: check.mjs PAGES [SCREENSHOTS]');
  process.exit(2);
}
if (shots) {
  mkdirSync(shots, { recursive: true });
}

function skip(why) {
  console.log(`skipped: ${why}`);
  process.exit(0);
}

const failures = [];
function expect(holds, what) {
  if (!holds) {
    failures.push(what);
    console.log(`FAILED ${what}`);
  }
}

const browser = await chromium.launch({
  executablePath: chromiumPath,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// A page that may load nothing but itself and must not complain.
async function open(name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const url = pathToFileURL(resolve(pages, name)).href;
  page.on('console', (message) => expect(false, `${name}: console: ${message.text()}`));
  page.on('pageerror', (error) => expect(false, `${name}: ${error}`));
  page.on('dialog', (dialog) => { expect(false, `${name}: a dialog`); dialog.dismiss(); });
  page.on('request', (request) => {
    const asked = request.url().split('#')[0];
    expect(asked === url, `${name}: asks for ${asked.slice(0, 100)}`);
  });
  await page.goto(url);
  return page;
}

async function looks(page, what) {
  // The script comes from the debugger and is not bound by the policy of the page.
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, {
    resultTypes: ['violations'],
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  for (const violation of found.violations) {
    const first = violation.nodes[0];
    expect(false, `${what}: axe: ${violation.id}: ${first.html.slice(0, 160)} ${first.failureSummary}`);
  }
}

async function fits(page, what) {
  const [wide, narrow] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  expect(wide <= narrow, `${what}: ${wide} px wide on a screen of ${narrow}`);
}

const shot = (page, name) => shots && page.screenshot({ path: join(shots, `${name}.png`) });

for (const name of ['app', 'none', 'hostile', 'index']) {
  for (const colorScheme of ['light', 'dark']) {
    const page = await open(`${name}.html`, { colorScheme });
    await looks(page, `${name} zh ${colorScheme}`);
    await shot(page, `${name}-zh-${colorScheme}`);
    await page.click('#language');
    expect(await page.evaluate(() => document.documentElement.lang) === 'en', `${name}: the language did not change`);
    expect(/[Aa]udit/.test(await page.title()), `${name}: the title did not change`);
    const chinese = await page.evaluate(() => [...document.querySelectorAll('h2, thead th, button')]
      .map((element) => element.innerText).filter((text) => /[\u4e00-\u9fff]/.test(text) && text !== '中文'));
    expect(chinese.length === 0, `${name}: Chinese is left in English: ${chinese.slice(0, 3)}`);
    await looks(page, `${name} en ${colorScheme}`);
    await shot(page, `${name}-en-${colorScheme}`);
    expect(await page.evaluate(() => window.broken === undefined), `${name}: a text of an app ran`);
    await page.context().close();
  }
  const phone = await open(`${name}.html`, { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });
  await fits(phone, `${name} zh`);
  await shot(phone, `${name}-phone-zh`);
  await phone.evaluate(() => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
  await fits(phone, `${name} zh unfolded`);
  await looks(phone, `${name} phone`);
  await phone.click('#language');
  await fits(phone, `${name} en unfolded`);
  await phone.context().close();

  const paper = await open(`${name}.html`);
  const pdf = await paper.pdf(shots ? { path: join(shots, `${name}.pdf`), format: 'A4' } : { format: 'A4' });
  expect(pdf.subarray(0, 5).toString() === '%PDF-' && pdf.length > 10_000, `${name}: no paper`);
  await paper.context().close();

  const plain = await open(`${name}.html`, { javaScriptEnabled: false });
  expect(await plain.locator('h1').isVisible(), `${name}: nothing without scripts`);
  expect(!(await plain.locator('#language').isVisible()), `${name}: a button without scripts`);
  expect(await plain.locator('tbody tr').count() > 0, `${name}: no rows without scripts`);
  await plain.context().close();
}

// The permissions of an app: the filter, by keyboard.
{
  const page = await open('app.html');
  const rows = () => page.locator('#permissions > table > tbody > tr:not(.more):visible').count();
  const all = await rows();
  await page.focus('button[data-filter=beyond_function]');
  await page.keyboard.press('Enter');
  const some = await rows();
  expect(some > 0 && some < all, `app: the filter shows ${some} of ${all}`);
  expect(await page.getAttribute('button[data-filter=beyond_function]', 'aria-pressed') === 'true', 'app: not pressed');
  await page.focus('button[data-filter=""]');
  await page.keyboard.press('Space');
  expect(await rows() === all, 'app: not all rows are back');
  const fold = page.locator('#findings details > summary').first();
  await fold.focus();
  await page.keyboard.press('Enter');
  expect(await page.locator('#findings details[open] code').first().isVisible(), 'app: evidence does not unfold');
  await page.evaluate(() => { document.activeElement.blur(); window.scrollTo(0, 0); });
  await page.reload();
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement.className) === 'skip', 'app: the first stop is not the skip link');
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  expect(ring === 'solid', 'app: the focus is not seen');
  await page.context().close();
}

// The ranking of a run.
{
  const page = await open('index.html');
  const rows = page.locator('table.ranking > tbody > tr');
  expect(await rows.count() === 50, `index: ${await rows.count()} rows on a page`);
  const first = await rows.first().innerText();
  await page.focus('#next');
  await page.keyboard.press('Enter');
  expect(await rows.first().innerText() !== first, 'index: the next page is the same');
  await page.click('#back');
  expect(await rows.first().innerText() === first, 'index: the way back leads elsewhere');
  const shown = () => page.locator('#shown').innerText();
  const total = await shown();
  for (const filter of ['function', 'store', 'rule', 'severity', 'sdk', 'permission', 'status']) {
    const options = await page.locator(`#by-${filter} option`).count();
    expect(options > 1, `index: nothing to choose for ${filter}`);
    await page.selectOption(`#by-${filter}`, { index: 1 });
    expect(await shown() !== total, `index: choosing a ${filter} changes nothing`);
    expect(await rows.count() > 0, `index: no row has the ${filter}`);
    await page.click('#reset');
    expect(await shown() === total, `index: ${filter} is not reset`);
  }
  await page.fill('#search', 'app77 示例');
  await page.waitForFunction((old) => document.getElementById('shown').innerText !== old, total);
  expect(/app77/.test(await rows.first().innerText()), 'index: the search finds something else');
  const link = await rows.first().locator('a').getAttribute('href');
  expect(/^reports\/[0-9a-f]{64}\.html$/.test(link), `index: ${link}`);
  await page.click('#reset');
  const title = () => page.locator('table.heat td').first().getAttribute('title');
  expect(/个申请/.test(await title()), 'index: no sentence in Chinese');
  await page.click('#language');
  expect(/^\d+ of \d+ .+ apps ask for /.test(await title()), 'index: no sentence in English');
  await shot(page, 'index-top');
  for (const section of ['ranking', 'heat', 'sdks', 'coverage']) {
    await page.evaluate((id) => document.getElementById(id).scrollIntoView(), section);
    await shot(page, `index-${section}`);
  }
  await page.context().close();
}

// A store: still usable.
if (existsSync(join(pages, 'large.html'))) {
  const begun = Date.now();
  const page = await open('large.html');
  const opened = Date.now();
  await page.evaluate(() => { document.getElementById('search').value = 'app4999'; });
  await page.dispatchEvent('#search', 'input');
  await page.waitForFunction(() => document.querySelectorAll('table.ranking > tbody > tr').length < 50);
  const size = statSync(join(pages, 'large.html')).size;
  console.log(`large: ${size} bytes, opened in ${opened - begun} ms, searched in ${Date.now() - opened} ms`);
  await page.context().close();
}

await browser.close();
console.log(failures.length ? `${failures.length} failed` : 'all well');
process.exit(failures.length ? 1 : 0);
