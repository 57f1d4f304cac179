const { createServer } = require("node:http");

createServer((request, response) => response.end("Hello!\n")).listen(80, () => {
  console.log("Listening on port 80");
});
