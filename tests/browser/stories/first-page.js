// SPDX-License-Identifier: MIT
// Somebody opens the site for the first time.
"use strict";
const assert = require("assert/strict");

module.exports = async (people, site) => {
    const page = await people.visitor();
    const answer = await page.goto(site.address + "/");
    assert.equal(answer.status(), 200);
    assert.equal((await page.title()).split(" – ")[0], site.title);
    await page.getByRole("banner").getByRole("link", { name: site.title }).waitFor();
    // Not a browser's own look: the theme sets the width of the content.
    const width = await page.evaluate(() => getComputedStyle(document.body).getPropertyValue("--wp--style--global--content-size"));
    assert.notEqual(width.trim(), "", "the page is without its theme");
    await people.picture(page);
};
