import express from "express";

const port = 80;
const app = express();

app.get("/", (request, response) => {
  response.type("text/plain").send("Hello from a container!\n");
});

const server = app.listen(port, () => console.log(`Listening on port ${port}`));

// Whoever stops the container asks with one of these: finish what is open, then go.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => server.close());
}
