// SPDX-License-Identifier: MIT
// One browser for all stories. Each line of standard input is a request in JSON, {story, site, results, seconds};
// each gets one line as the answer, {ok, error, took}. The browser ends with standard input.
"use strict";
const fs = require("fs");
const path = require("path");
const readline = require("readline");
const { chromium } = require("playwright-core");
const { Visitors } = require("./visitors.js");

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome"];

function program() {
    const places = (process.env.PATH || "").split(path.delimiter);
    const found = PROGRAMS.flatMap((name) => places.map((place) => path.join(place, name))).find(fs.existsSync);
    if (!found) {
        throw new Error(`none of ${PROGRAMS.join(", ")} is in PATH; on Debian: apt-get install chromium`);
    }
    return found;
}

// The site's names lead to this machine, and every other name nowhere: a page that asks anybody else fails.
function launch(domain) {
    const names = `MAP ${domain} 127.0.0.1, MAP *.${domain} 127.0.0.1, MAP * ~NOTFOUND`;
    return chromium.launch({
        executablePath: program(),
        args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", `--host-resolver-rules=${names}`],
    });
}

function deadline(seconds) {
    let timer;
    const passed = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`the story has not ended within ${seconds} s`)), seconds * 1000);
    });
    return { passed, clear: () => clearTimeout(timer) };
}

async function tell(browser, request) {
    const story = require(`./stories/${request.story}.js`);
    const visitors = new Visitors(browser, request);
    const limit = deadline(request.seconds);
    try {
        const told = story(visitors, request.site);
        await Promise.race([told, limit.passed]);
        visitors.judge();
    } catch (error) {
        await visitors.keepEvidence();
        throw error;
    } finally {
        limit.clear();
        await visitors.close();
    }
}

async function main() {
    let browser;
    for await (const line of readline.createInterface({ input: process.stdin })) {
        const request = JSON.parse(line);
        const begin = Date.now();
        const answer = { ok: true };
        try {
            browser ||= await launch(request.site.domain);
            await tell(browser, request);
        } catch (error) {
            answer.ok = false;
            answer.error = error.stack;
        }
        answer.took = (Date.now() - begin) / 1000;
        process.stdout.write(JSON.stringify(answer) + "\n");
    }
    await browser?.close();
}

main();
