const { appendFileSync, readFileSync } = require("node:fs");

// A line a start, so that one sees how often this container was started.
appendFileSync("starts.log", "started\n");
const count = readFileSync("starts.log", "utf8").trim().split("\n").length;
console.log(`start number ${count}`);

// Nothing handles SIGTERM or SIGINT here, on purpose.
setInterval(() => {}, 60_000);
