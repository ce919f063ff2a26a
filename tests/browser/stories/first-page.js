// SPDX-License-Identifier: MIT
// Somebody opens the site for the first time.
"use strict";
const assert = require("assert/strict");
const { PHONE } = require("../visitors.js");

module.exports = async (people, site) => {
    const page = await people.visitor();
    const answer = await page.goto(site.address + "/");
    assert.equal(answer.status(), 200);
    assert.equal((await page.title()).split(" – ")[0], site.title);
    await page.getByRole("banner").getByRole("link", { name: site.title }).waitFor();
    // Not a browser's own look: the theme sets the width of the content.
    const width = await page.evaluate(() => getComputedStyle(document.body).getPropertyValue("--wp--style--global--content-size"));
    assert.notEqual(width.trim(), "", "the page is without its theme");
    await page.getByRole("heading", { level: 1 }).waitFor();
    await people.picture(page, "", { fullPage: true });

    const phone = await people.visitor({ viewport: PHONE });
    await phone.goto(site.address + "/");
    const overhang = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overhang <= 0, `on a phone the page is ${overhang} pixels too wide`);
    await people.picture(phone, "phone");

    await page.getByRole("link", { name: "Hello from process 1" }).click();
    await page.getByRole("heading", { name: "Leave a Reply" }).waitFor();
    await people.picture(page, "post", { fullPage: true });
};
