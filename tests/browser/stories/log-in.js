// SPDX-License-Identifier: MIT
// The owner logs in, sees the dashboard and logs out; a wrong password is refused.
"use strict";

module.exports = async (people, site) => {
    const page = await people.visitor();
    await page.goto(site.address + "/wp-login.php");
    await people.logIn(page, site.owner, "not the password");
    await page.getByText("is incorrect").waitFor();
    await people.logIn(page, site.owner, site.ownerPassword);
    await page.getByRole("heading", { name: "Dashboard", level: 1 }).waitFor();
    await people.picture(page);

    await page.locator("#wp-admin-bar-my-account").hover();
    await page.locator("#wp-admin-bar-logout").getByRole("link").click();
    await page.getByText("You are now logged out.").waitFor();
};
