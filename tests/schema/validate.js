// SPDX-License-Identifier: MIT
// Reads {schemas, cases} as JSON from standard input; a case is {name, schema, data, valid}. Says
// where the verdict of the schema is another one. Then it tries every key of every table with a
// value that suits none, and every table with a key that does not exist.
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
        expect(validate, `${kind} ${name}: no key`, {}, true);
        expect(validate, `${kind} ${name}: an unknown key`, { "no-such-key": 1 }, false);
        for (const [key, rule] of Object.entries(table.properties)) {
            expect(validate, `${kind} ${name}: ${key} = [[]]`, { [key]: [[]] }, false);
            if ("default" in rule) {
                expect(validate, `${kind} ${name}: the default of ${key}`, { [key]: rule.default }, true);
            }
        }
    }
}
if (count < 200) {
    report(`tests/schema/validate.js: ${count} cases are too few`);
}
