// SPDX-License-Identifier: MIT
// The owner of the database logs in to Adminer and sees WordPress's tables and a row of one; a wrong password is refused.
"use strict";

async function logIn(page, user, password) {
    await page.locator("[name='auth[username]']").fill(user);
    await page.locator("[name='auth[password]']").fill(password);
    await page.getByRole("button", { name: "Login" }).click();
}

module.exports = async (people, site) => {
    const page = await people.visitor();
    await page.goto(site.address + "/adminer/");
    await logIn(page, site.dbUser, "not the password");
    await page.getByText("Access denied").waitFor();
    await logIn(page, site.dbUser, site.dbPassword);
    await page.getByRole("link", { name: site.dbName }).first().click();
    await page.getByRole("link", { name: "wp_posts" }).last().click();
    await page.getByRole("link", { name: "Select data" }).click();
    await page.getByRole("cell", { name: "hello-world" }).first().waitFor();
    people.expected(/403/);
    await people.picture(page);
};
