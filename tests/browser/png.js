// SPDX-License-Identifier: MIT
// A picture to upload: the bytes of a PNG, made here so that no file has to be kept.
"use strict";
const zlib = require("zlib");

function chunk(type, data) {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

function crc32(bytes) {
    let crc = 0xffffffff;
    for (const byte of bytes) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit += 1) {
            crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
        }
    }
    return (crc ^ 0xffffffff) >>> 0;
}

/** The sea at sunset: RGB, of the given size. */
function png(width, height) {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.set([8, 2, 0, 0, 0], 8); // 8 bits of each of red, green and blue
    const rows = Array.from({ length: height }, (_, y) => {
        const share = y / height;
        const pixel = share < 0.6 ? [255 - 60 * share, 120 + 140 * share, 90 + 60 * share] : [20, 60 + 60 * share, 110 + 60 * share];
        const row = Buffer.alloc(1 + width * 3); // it begins with its filter: none
        for (let x = 0; x < width; x += 1) {
            row.set(pixel.map(Math.round), 1 + x * 3);
        }
        return row;
    });
    const magic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    return Buffer.concat([magic, chunk("IHDR", header), chunk("IDAT", zlib.deflateSync(Buffer.concat(rows))), chunk("IEND", Buffer.alloc(0))]);
}

module.exports = { png };
