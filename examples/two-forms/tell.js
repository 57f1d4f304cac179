const { readFileSync } = require("node:fs");

const first = readFileSync("/proc/1/cmdline", "utf8").split("\0")[0];
console.log("arguments:", process.argv.slice(2).join(" ") || "none");
console.log("first process of the container:", first);
