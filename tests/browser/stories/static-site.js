// SPDX-License-Identifier: MIT
// Somebody reads all pages of the static site on a large screen, and the written ones on a phone, in the dark;
// axe-core judges each.
"use strict";
const assert = require("assert/strict");
const axe = require("axe-core");

const READERS = [
    { viewport: { width: 1280, height: 800 }, colorScheme: "light", least: 15, reads: /./ },
    { viewport: { width: 390, height: 844 }, colorScheme: "dark", least: 5, reads: /^\/([a-z]+\.html|docs\/(index|bench)\.html)?$/ },
];

async function judge(page) {
    // As the debugger runs it, which the content security policy does not forbid.
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => axe.run());
    const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(" | ")}`);
    assert.deepEqual(found, [], page.url());
}

module.exports = async (people, site) => {
    const { host } = new URL(site.address);
    for (const { least, reads, ...options } of READERS) {
        const page = await people.visitor({ ...options, reducedMotion: "reduce" });
        const waiting = [`https://site.${host}/`];
        const seen = new Set(waiting);
        for (const address of waiting) {
            await page.goto(address);
            await judge(page);
            const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            assert.ok(wide <= 0, `${address} is ${wide} pixels wider than the screen`);
            for (const link of await page.$$eval("a[href]", (links) => links.map(({ href }) => href.split("#")[0]))) {
                if (link.startsWith(`https://site.${host}/`) && !seen.has(link) && reads.test(new URL(link).pathname)) {
                    seen.add(link);
                    waiting.push(link);
                }
            }
        }
        assert.ok(seen.size > least, `only ${[...seen].join(" ")}`);
        await page.goto(waiting[0]);
        await people.picture(page, options.colorScheme);
    }
};
