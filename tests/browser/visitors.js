// SPDX-License-Identifier: MIT
// The people of a story: each has a browser window with cookies of its own. What a page complains of, and what it
// asks for in vain, is written down; a story in which anything was is a failed one.
"use strict";
const fs = require("fs");
const path = require("path");

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };

// Runs in the page before any script of its own: a violation is told even where the page swallows the error.
function tellViolations() {
    document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`CSP violation: ${event.violatedDirective} forbids ${event.blockedURI} in ${event.sourceFile}:${event.lineNumber}`);
    });
}

class Visitors {
    constructor(browser, { story, site, results, seconds }) {
        Object.assign(this, { browser, story, site, results });
        this.patience = Math.max(10, seconds / 3) * 1000;
        this.pages = [];
        this.log = [];
        this.problems = [];
    }

    /** A window; on a phone when `size` is PHONE. */
    async visitor(options = {}) {
        const context = await this.browser.newContext({ ignoreHTTPSErrors: true, viewport: DESKTOP, ...options });
        context.setDefaultTimeout(this.patience);
        await context.addInitScript(tellViolations);
        context.on("page", (page) => this.watch(page));
        return context.newPage();
    }

    /** Fills in WordPress's login form. It empties its fields a moment after it is there, and says so by its focus. */
    async logIn(page, name, password) {
        await page.waitForFunction(() => document.activeElement.matches("#user_login, #user_pass"));
        await page.getByLabel("Username or Email Address").fill(name);
        await page.getByLabel("Password", { exact: true }).fill(password);
        await page.getByRole("button", { name: "Log In" }).click();
    }

    /** Somebody with an account of WordPress, in wp-admin. */
    async loggedIn(name, password, options) {
        const page = await this.visitor(options);
        await page.goto(this.site.address + "/wp-login.php");
        await this.logIn(page, name, password);
        await page.waitForURL("**/wp-admin/**");
        return page;
    }

    owner(options) {
        return this.loggedIn(this.site.owner, this.site.ownerPassword, options);
    }

    author(options) {
        return this.loggedIn(this.site.author, this.site.authorPassword, options);
    }

    watch(page) {
        this.pages.push(page);
        const note = (text) => this.log.push(`${page.url()}: ${text}`);
        const problem = (text) => {
            note(text);
            this.problems.push(`${page.url()}: ${text}`);
        };
        page.on("console", (message) => (message.type() === "error" ? problem : note)(`console ${message.type()}: ${message.text()}`));
        page.on("pageerror", (error) => problem(`uncaught: ${error.message}`));
        page.on("request", (request) => this.isOurs(request.url()) || problem(`asks ${request.url()}`));
        // A page that is left gives up what it was still asking for.
        page.on("requestfailed", (request) => {
            const why = request.failure().errorText;
            (why === "net::ERR_ABORTED" ? note : problem)(`${request.method()} ${request.url()}: ${why}`);
        });
        page.on("response", (response) => response.status() >= 400 &&
            problem(`${response.request().method()} ${response.url()}: ${response.status()}`));
    }

    isOurs(url) {
        const { protocol, hostname } = new URL(url);
        return ["data:", "blob:", "about:"].includes(protocol) ||
            (protocol === "https:" && (hostname === this.site.domain || hostname.endsWith("." + this.site.domain)));
    }

    /** Takes back the problems so far that `regex` describes, because the story wants them; there must be one. */
    expected(regex) {
        const others = this.problems.filter((text) => !regex.test(text));
        if (others.length === this.problems.length) {
            throw new Error(`${regex} was expected of the pages, and they said:\n${this.problems.join("\n")}`);
        }
        this.problems = others;
    }

    judge() {
        if (this.problems.length > 0) {
            throw new Error(`the pages complain:\n${[...new Set(this.problems)].join("\n")}`);
        }
    }

    file(name) {
        fs.mkdirSync(this.results, { recursive: true });
        return path.join(this.results, `${this.story}${name}`);
    }

    /** A picture of what the visitor sees now. */
    async picture(page, name = "", options = {}) {
        await page.screenshot({ path: this.file(name && `-${name}`) + ".png", ...options });
    }

    /** What a failure leaves: every window, and what the pages said. */
    async keepEvidence() {
        fs.writeFileSync(this.file("-failed.log"), this.log.join("\n") + "\n");
        for (const [index, page] of this.pages.entries()) {
            await page.screenshot({ path: this.file(`-failed-${index + 1}.png`), timeout: 5000 }).catch(() => {});
        }
    }

    async close() {
        await Promise.all(this.browser.contexts().map((context) => context.close()));
    }
}

module.exports = { Visitors, PHONE };
