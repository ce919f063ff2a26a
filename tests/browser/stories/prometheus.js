// SPDX-License-Identifier: MIT
// Whoever has the password sees every container healthy on the dashboard; nobody else sees anything.
"use strict";
const assert = require("assert/strict");

module.exports = async (people, site) => {
    const stranger = await people.visitor();
    // The browser asks for a password, which it cannot get here.
    await assert.rejects(stranger.goto(site.address + "/prometheus/consoles/stack.html"), /ERR_INVALID_AUTH_CREDENTIALS/);

    const page = await people.visitor({ httpCredentials: { username: site.metricsUser, password: site.metricsPassword } });
    await page.goto(site.address + "/prometheus/");
    // The page renews itself, so what Prometheus has not asked for yet comes.
    for (const name of site.containers) {
        const cell = page.getByRole("cell", { name, exact: true });
        await page.getByRole("row").filter({ has: cell }).getByText("healthy", { exact: true }).first().waitFor();
    }
    people.expected(/401|ERR_INVALID_AUTH_CREDENTIALS/);
    await people.picture(page, "", { fullPage: true });
};
