// SPDX-License-Identifier: MIT
// WordPress's own judgement of the site: every check ends, and none is critical.
"use strict";
const assert = require("assert/strict");

module.exports = async (people, site) => {
    const page = await people.owner();
    await page.goto(site.address + "/wp-admin/site-health.php");
    const label = page.locator(".site-health-progress-label");
    await label.filter({ hasText: /Good|Should be improved/ }).waitFor();
    await people.picture(page, "", { fullPage: true });
    const critical = page.locator("#health-check-issues-critical .health-check-accordion-trigger .title");
    const issues = (await critical.allTextContents()).map((text) => text.trim());
    // How fast the site answers just now is not for a machine that runs tests to judge.
    assert.deepEqual(issues.filter((text) => !/response time is slow/.test(text)), [], "critical issues");
    await page.goto(site.address + "/wp-admin/site-health.php?tab=debug");
    await page.getByRole("button", { name: "Server" }).waitFor();
};
