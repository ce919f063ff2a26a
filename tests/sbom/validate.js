// SPDX-License-Identifier: MIT
// validate.js FILE...: says what CycloneDX's schema has against each bill of materials; 1 when anything.
'use strict';
const fs = require('fs');
const { Spec, Validation } = require('@cyclonedx/cyclonedx-library');

(async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    for (const file of process.argv.slice(2)) {
        const error = await validator.validate(fs.readFileSync(file, 'utf8'));
        if (error !== null) {
            console.log(`${file}: ${JSON.stringify(error).slice(0, 2000)}`);
            process.exitCode = 1;
        }
    }
})();
