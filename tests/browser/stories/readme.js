// SPDX-License-Identifier: MIT
// The pictures of README.md, which make screenshots takes of the site that is up: what a visitor sees first.
"use strict";
const SIZE = { width: 1120, height: 760 };

module.exports = async (people, site) => {
    const { host } = new URL(site.address);
    for (const [name, address] of [["first-page", site.address + "/"], ["static-site", `https://site.${host}/`]]) {
        const page = await people.visitor({ viewport: SIZE, reducedMotion: "reduce" });
        await page.goto(address);
        await page.getByRole("heading", { level: 1 }).waitFor();
        await people.picture(page, name);
    }
};
