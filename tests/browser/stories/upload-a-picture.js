// SPDX-License-Identifier: MIT
// The owner uploads a picture to the media library; a stranger gets it, and the smaller ones WordPress made of it.
"use strict";
const assert = require("assert/strict");
const { png } = require("../png.js");

module.exports = async (people, site) => {
    const page = await people.owner();
    await page.goto(site.address + "/wp-admin/upload.php?mode=grid");
    await page.locator(".page-title-action").click();
    await page.locator("input[type=file]").first().setInputFiles({ name: "evening.png", mimeType: "image/png", buffer: png(600, 400) });
    await page.getByRole("checkbox", { name: "evening" }).click();
    const url = await page.getByLabel("File URL:").inputValue();
    await people.picture(page);

    const stranger = await people.visitor();
    for (const [address, width] of [[url, 600], [url.replace(".png", "-300x200.png"), 300]]) {
        const answer = await stranger.goto(address);
        assert.equal(answer.headers()["content-type"], "image/png");
        assert.equal(await stranger.locator("img").evaluate((image) => image.naturalWidth), width);
    }
};
