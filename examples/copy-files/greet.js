const { readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

const words = readFileSync(join(__dirname, "words", "hello.txt"), "utf8").trim();
console.log(`${words}, from ${__dirname}`);
console.log("Beside me:", readdirSync(__dirname).join(", "));
