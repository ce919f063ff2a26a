// SPDX-License-Identifier: MIT
// Reads {schemas, cases} as JSON from standard input; a case is {name, schema, data, valid}. Says
// where the verdict of the schema is another one. Then it tries every key of every table with a
// value that suits none, and every table with a key that does not exist, or without one it needs.
"use strict";
const Ajv = require("ajv");

const input = JSON.parse(require("fs").readFileSync(0, "utf8"));
let count = 0;

function report(text) {
    console.log(text);
    process.exitCode = 1;
}

function expect(validate, name, data, valid) {
    count += 1;
    if (validate(data) !== valid) {
        const error = (validate.errors || [])[0];
        report(`${name}: ${valid ? `refused: ${error.instancePath} ${error.message}` : "taken"}`);
    }
}

for (const [kind, schema] of Object.entries(input.schemas)) {
    const ajv = new Ajv({ strict: true, strictTypes: false });
    const whole = ajv.compile({ ...schema, $id: "s" });
    for (const test of input.cases.filter((test) => test.schema === kind)) {
        expect(whole, test.name, test.data, test.valid);
    }
    const tables = { "": schema };
    for (const [name, definition] of Object.entries(schema.definitions)) {
        if (definition.properties) {
            tables[name] = definition;
        }
    }
    for (const [name, table] of Object.entries(tables)) {
        const validate = name === "" ? whole : ajv.compile({ $ref: `s#/definitions/${name}` });
        const needed = table.required || [];
        const complete = Object.fromEntries(needed.map((key) => [key, key === "command" ? ["/x"] : "/x"]));
        expect(validate, `${kind} ${name}: the keys it needs`, complete, !table.minProperties);
        for (const key of needed) {
            const { [key]: _, ...rest } = complete;
            expect(validate, `${kind} ${name}: no ${key}`, rest, false);
        }
        expect(validate, `${kind} ${name}: an unknown key`, { ...complete, "no-such-key": 1 }, false);
        for (const [key, rule] of Object.entries(table.properties)) {
            expect(validate, `${kind} ${name}: ${key} = [[]]`, { ...complete, [key]: [[]] }, false);
            if ("default" in rule) {
                const data = { ...complete, [key]: rule.default };
                expect(validate, `${kind} ${name}: the default of ${key}`, data, true);
            }
        }
    }
}
if (count < 200) {
    report(`tests/schema/validate.js: ${count} cases are too few`);
}
