// SPDX-License-Identifier: MIT
// The owner rewrites the Sample Page in the block editor; a stranger reads it.
"use strict";

module.exports = async (people, site) => {
    const text = "Rewritten in the block editor, and seen by a stranger.";
    const page = await people.owner();
    await page.goto(site.address + "/wp-admin/edit.php?post_type=page");
    await page.getByRole("link", { name: "“Sample Page” (Edit)" }).click();
    const paragraph = page.getByRole("document", { name: /^Paragraph block|^Block: Paragraph/ }).first();
    await paragraph.click();
    await page.keyboard.press("Control+A");
    await page.keyboard.type(text);
    await people.picture(page);
    await page.getByRole("button", { name: "Update", exact: true }).click();
    await page.getByText("Page updated.").first().waitFor();

    const stranger = await people.visitor();
    await stranger.goto(site.address + "/sample-page/");
    await stranger.getByText(text).waitFor();
    await people.picture(stranger, "stranger");
};
