const { createServer } = require("node:http");

const host = process.env.HOST;
const server = createServer((request, response) => response.end("Hello from within!\n"));

server.listen(80, host, () => console.log(`Listening on ${host}, port 80`));
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => server.close());
}
