// SPDX-License-Identifier: MIT
// The second user comments, the owner takes the comment back and approves it, and a stranger sees what holds.
"use strict";

module.exports = async (people, site) => {
    const text = `A comment by ${site.author}.`;
    const post = site.address + "/hello-world/";
    const author = await people.author();
    await author.goto(post);
    await author.getByRole("textbox", { name: "Comment" }).fill(text);
    await author.getByRole("button", { name: "Post Comment" }).click();
    await author.getByText(text).waitFor();

    const owner = await people.owner();
    await owner.goto(site.address + "/wp-admin/edit-comments.php");
    const row = owner.getByRole("row").filter({ hasText: text });
    const stranger = await people.visitor();
    for (const [action, opposite, sight] of [["unapprove", "approve", "detached"], ["approve", "unapprove", "visible"]]) {
        await row.hover();
        await row.locator(`.${action} a`).click();
        await row.locator(`.${opposite} a`).waitFor();
        await stranger.goto(post);
        await stranger.getByText(text).waitFor({ state: sight });
    }
    await people.picture(stranger);
};
